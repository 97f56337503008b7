import { type Inspection, inspect } from '@foretoken/checkpoint/node'
import type { Command } from 'commander'
import { cacheFolder } from '../folders.ts'
import { bytes, outColors } from '../terminal.ts'

export function addInspect(program: Command): void {
  program
    .command('inspect')
    .argument('<file|model>', 'GGUF file, safetensors file or folder, or the id of a model')
    .description('show architecture, tensors, quantization, tokenizer and capabilities')
    .option('--tensors', 'list every tensor')
    .option('--json', 'print one JSON object')
    .action(show)
}

async function show(what: string, options: { tensors?: boolean; json?: boolean }): Promise<void> {
  const inspection = await inspect(what, { cacheFolder: cacheFolder() })
  process.stdout.write(
    options.json ? `${JSON.stringify(inspection)}\n` : describe(inspection, options.tensors === true),
  )
}

function describe(inspection: Inspection, withTensors: boolean): string {
  const lines: string[] = []
  const section = (title: string, facts: object): void => {
    lines.push('', outColors.bold(title))
    for (const [name, value] of Object.entries(facts)) {
      if (value !== undefined)
        lines.push(`  ${outColors.dim(name.padEnd(20))}${typeof value === 'object' ? JSON.stringify(value) : value}`)
    }
  }
  section('architecture', inspection.architecture)
  section('tokenizer', inspection.tokenizer)
  section('capabilities', { supports: inspection.capabilities.join(', ') })
  const { tensors } = inspection
  const size = tensors.reduce((sum, tensor) => sum + tensor.byteLength, 0)
  section('weights', { quantization: inspection.quantization, tensors: tensors.length, size: bytes(size) })
  if (withTensors) {
    for (const { name, type, shape } of tensors)
      lines.push(`  ${name.padEnd(52)} ${type.padEnd(6)} [${shape.join(', ')}]`)
  }
  return `${lines.slice(1).join('\n')}\n`
}
