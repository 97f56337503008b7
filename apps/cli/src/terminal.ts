import type { Progress } from '@foretoken/checkpoint/node'
import type { Fate } from '@foretoken/core'
import { SingleBar } from 'cli-progress'
import picocolors from 'picocolors'

const wantsColor = (stream: { readonly isTTY?: boolean }): boolean => stream.isTTY === true && !process.env['NO_COLOR']

/** Colours of stderr, where everything for people goes. */
export const colors: ReturnType<typeof picocolors.createColors> = picocolors.createColors(wantsColor(process.stderr))

/** Colours of stdout. */
export const outColors: ReturnType<typeof picocolors.createColors> = picocolors.createColors(wantsColor(process.stdout))

const paint: Record<Fate, (text: string) => string> = {
  accepted: outColors.green,
  corrected: outColors.yellow,
  bonus: outColors.cyan,
  plain: (text) => text,
}

/** Colours one token's text by its fate; plain text where colours are off (NO_COLOR, no terminal). */
export function fateColor(text: string, fate: Fate): string {
  return text === '' ? '' : paint[fate](text)
}

export const legend = (): string =>
  [paint.accepted('accepted draft'), paint.corrected('corrected'), paint.bonus('bonus')].join(colors.dim(' · '))

/** Writes to stderr: for people, never mixed into the output of a pipe. */
export function note(line = ''): void {
  process.stderr.write(`${line}\n`)
}

export function bytes(count: number): string {
  return count >= 1e9 ? `${(count / 1e9).toFixed(2)} GB` : `${(count / 1e6).toFixed(1)} MB`
}

const phases: Record<Progress['phase'], string> = {
  download: 'downloading',
  verify: 'checking',
  convert: 'converting',
  wait: 'waiting for',
}

/** Shows progress on stderr: a bar with rate and remaining time; without a terminal one line per phase. */
export function progress(): { readonly report: (progress: Progress) => void; stop(): void } {
  let shown = ''
  let bar: SingleBar | undefined
  const stop = (): void => {
    bar?.stop()
    bar = undefined
  }
  const begin = (label: string, total: number): void => {
    stop()
    shown = label
    if (!process.stderr.isTTY || total === 0) {
      note(total === 0 ? label : `${label} (${bytes(total)})`)
      return
    }
    bar = new SingleBar({
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      format: `${label} {bar} {percentage} % of {size}{speed}`,
      barCompleteChar: '━',
      barIncompleteChar: '─',
    })
    bar.start(total, 0, { size: bytes(total), speed: '' })
  }
  return {
    report({ phase, what, done, total, bytesPerSecond }) {
      const label = `${phases[phase]} ${what}`
      if (label !== shown) begin(label, total)
      const speed = bytesPerSecond
        ? ` | ${bytes(bytesPerSecond)}/s | ${Math.ceil((total - done) / bytesPerSecond)} s left`
        : ''
      bar?.setTotal(total)
      bar?.update(done, { size: bytes(total), speed })
    },
    stop,
  }
}
