import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../workspace/prepare.mjs'

/** One thing that a change must pass. */
export interface Gate {
  readonly name: string
  /** What it looks at, in a few words. */
  readonly about: string
  /** Resolves with what is wrong, each problem with what to do; empty when all is well. */
  run(): Promise<readonly string[]>
}

export interface GateResult {
  readonly problems: readonly string[]
  readonly seconds: number
}

/** Runs a gate; one that throws has failed. */
export async function runGate(gate: Gate): Promise<GateResult> {
  const began = performance.now()
  let problems: readonly string[]
  try {
    problems = await gate.run()
  } catch (error) {
    problems = [error instanceof Error ? (error.stack ?? error.message) : String(error)]
  }
  return { problems, seconds: (performance.now() - began) / 1000 }
}

/** Runs an installed tool at the root; a non-zero exit is one problem, the tool's output. */
export function tool(name: string, args: readonly string[], cwd: string = root): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const command = join(root, 'node_modules', '.bin', name)
    const env = { ...process.env, DO_NOT_TRACK: '1', TURBO_TELEMETRY_DISABLED: '1' }
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve(code === 0 ? [] : [output.trim() || `${name} ended with exit code ${code}.`]))
  })
}
