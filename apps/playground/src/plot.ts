import { element } from './elements.ts'
import type { Generation } from './generation.ts'
import { paceOf } from './lane.ts'

const SVG = 'http://www.w3.org/2000/svg'
const [WIDTH, HEIGHT] = [600, 120]

interface Point {
  readonly ms: number
  readonly tokens: number
}

interface Line {
  readonly line: SVGElement
  readonly key: HTMLElement
  /** From the origin on, one a round. */
  readonly points: Point[]
}

export interface Plot {
  readonly element: HTMLElement
  clear(): void
  /** Notes where a generation is by its own clock. */
  add(generation: Generation): void
  /** Draws what was noted, and says what the lines come to. */
  draw(): void
}

/** Tokens over decoding time, a line for each generation: the steeper, the faster. Says what each line comes to. */
export function racePlot(): Plot {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', `-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`)
  svg.setAttribute('preserveAspectRatio', 'none')
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', 'Tokens over decoding time')
  const axes = element('span')
  const keys = element('ul')
  const whole = element('figure', { className: 'plot', hidden: true }, element('figcaption', {}, keys, axes))
  whole.prepend(svg)
  const lines = new Map<Generation, Line>()
  const draw = () => {
    const all = [...lines.values()].flatMap(({ points }) => points)
    const [most, longest] = [Math.max(1, ...all.map((p) => p.tokens)), Math.max(1, ...all.map((p) => p.ms))]
    for (const { line, points } of lines.values()) {
      const at = ({ ms, tokens }: Point) =>
        `${((WIDTH * ms) / longest).toFixed(1)},${(HEIGHT * (1 - tokens / most)).toFixed(1)}`
      line.setAttribute('points', points.map(at).join(' '))
    }
    axes.textContent = `Upwards: 0 to ${most} tokens. To the right: 0 to ${Math.ceil(longest)} ms of decoding. Mean acceptance length: 1 + accepted ÷ rounds.`
    whole.hidden = lines.size === 0
    for (const [generation, { key }] of lines) key.textContent = `${generation.name}: ${paceOf(generation).join(', ')}`
  }
  return {
    element: whole,
    clear() {
      lines.clear()
      svg.replaceChildren()
      keys.replaceChildren()
      whole.hidden = true
    },
    draw,
    add(generation) {
      const { name, elapsed, tokenIds } = generation
      let entry = lines.get(generation)
      if (!entry) {
        const line = document.createElementNS(SVG, 'polyline')
        line.setAttribute('class', name)
        svg.append(line)
        const key = element('li', { className: name })
        keys.append(key)
        entry = { line, key, points: [{ ms: 0, tokens: 0 }] }
        lines.set(generation, entry)
      }
      entry.points.push({ ms: elapsed, tokens: tokenIds.length })
    },
  }
}
