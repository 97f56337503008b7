import { listModels, pull, removeModel } from '@foretoken/checkpoint/node'
import type { Command } from 'commander'
import { cacheFolder } from '../folders.ts'
import { bytes, colors, note, outColors, progress } from '../terminal.ts'

export function addModels(program: Command): void {
  program
    .command('models')
    .description('list known models and what is in the cache')
    .option('--json', 'print one JSON array')
    .option('--remove <id>', 'delete a converted model from the cache')
    .action(models)
  program
    .command('pull')
    .argument('<id>', 'model to download, check and convert')
    .description('download a model into the cache')
    .option('--offline', 'never touch the network')
    .action(pullModel)
}

async function models(options: { json?: boolean; remove?: string }): Promise<void> {
  if (options.remove !== undefined) {
    const freed = await removeModel(options.remove, { cacheFolder: cacheFolder() })
    note(`Removed ${options.remove}: ${bytes(freed)} freed.`)
  }
  const list = await listModels({ cacheFolder: cacheFolder() })
  if (options.json) {
    process.stdout.write(`${JSON.stringify(list)}\n`)
    return
  }
  for (const model of list) {
    const state = model.isCached
      ? outColors.green('ready')
      : outColors.dim(model.isEmbedded ? 'embedded' : 'not pulled')
    process.stdout.write(
      `${model.id.padEnd(20)} ${bytes(model.size).padStart(10)}  ${state}  ${outColors.dim(model.licence)}  ${model.name}\n`,
    )
  }
}

async function pullModel(id: string, options: { offline?: boolean }): Promise<void> {
  const bar = progress()
  try {
    const model = await pull(id, {
      cacheFolder: cacheFolder(),
      offline: options.offline ?? false,
      onProgress: bar.report,
    })
    bar.stop()
    note(`${colors.green('✓')} ${id} is ready: ${model.folder}`)
    note(`  licence ${model.entry.licence.name}, ${model.entry.licence.url}`)
  } finally {
    bar.stop()
  }
}
