import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os'
import { basename, isAbsolute } from 'node:path'
import { ROOT } from './places.ts'

/** Where a number comes from. Numbers without it are not published. */
export interface Provenance {
  /** As typed, to be typed again; of files elsewhere the names alone, since where they lie is nobody's business. */
  readonly command: string
  readonly date: string
  readonly commit: string
  /** Whether the working tree differed from the commit. */
  readonly isDirty: boolean
  readonly versions: Readonly<Record<string, string>>
  readonly device: {
    readonly processor: string
    readonly threads: number
    /** Instructions that decide how fast integer products are. */
    readonly instructions: readonly string[]
    readonly memoryBytes: number
    readonly system: string
  }
  readonly seed: number
  /** Load of the machine (1 minute) at the start: what else ran. */
  readonly load: number
}

const INSTRUCTIONS = ['avx2', 'avx512f', 'avx512_vnni', 'avx_vnni', 'amx_int8', 'asimddp', 'i8mm']

/** Commit of the working tree. */
export const headCommit = (): string => git('rev-parse', 'HEAD') ?? 'unknown'

/** Provenance of a run that starts now. */
export function provenance(name: string, args: readonly string[], seed: number): Provenance {
  return {
    command: ['pnpm', 'bench', name, ...args.map((arg) => quoted(withoutFolder(arg)))].join(' '),
    date: new Date().toISOString(),
    commit: headCommit(),
    isDirty: (git('status', '--porcelain', '--untracked-files=no') ?? '') !== '',
    versions: { node: process.versions.node, ...packageVersions() },
    device: {
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      threads: availableParallelism(),
      instructions: instructions(),
      memoryBytes: totalmem(),
      system: `${platform()} ${release()}`,
    },
    seed,
    load: loadavg()[0] ?? 0,
  }
}

/** `/a/b.json` as `b.json`, `--data=/a/b.json` as `--data=b.json`. */
function withoutFolder(arg: string): string {
  const start = arg.startsWith('-') ? arg.indexOf('=') + 1 : 0
  const path = arg.slice(start)
  return arg.slice(0, start) + (isAbsolute(path) ? basename(path) : path)
}

const quoted = (text: string): string => (/^[\w./:=,@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

function git(...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined
  }
}

function packageVersions(): Record<string, string> {
  const versions: Record<string, string> = {}
  for (const [name, folder] of [
    ['@foretoken/core', 'packages/core'],
    ['onnxruntime-node', 'packages/backends/node/node_modules/onnxruntime-node'],
  ] as const) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(`${folder}/package.json`, ROOT), 'utf8')) as {
        version: string
      }
      versions[name] = version
    } catch {
      versions[name] = 'unknown'
    }
  }
  return versions
}

/** Names from the kernel's list where there is one. */
function instructions(): string[] {
  try {
    const words = new Set(readFileSync('/proc/cpuinfo', 'utf8').split(/\s+/))
    return INSTRUCTIONS.filter((name) => words.has(name))
  } catch {
    return []
  }
}
