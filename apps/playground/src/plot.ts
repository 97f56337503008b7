import { element } from './elements.ts'

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
  /** So many tokens after so much of a generation’s own time. */
  add(name: string, point: Point): void
}

/** Tokens over decoding time, a line for each generation: the steeper, the faster. Says what each line comes to, round by round. */
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
  const lines = new Map<string, Line>()
  const draw = () => {
    const all = [...lines.values()].flatMap(({ points }) => points)
    const [most, longest] = [Math.max(1, ...all.map((p) => p.tokens)), Math.max(1, ...all.map((p) => p.ms))]
    for (const [name, { line, key, points }] of lines) {
      const at = ({ ms, tokens }: Point) =>
        `${((WIDTH * ms) / longest).toFixed(1)},${(HEIGHT * (1 - tokens / most)).toFixed(1)}`
      line.setAttribute('points', points.map(at).join(' '))
      key.textContent = comesTo(name, points)
    }
    axes.textContent = `Upwards: 0 to ${most} tokens. To the right: 0 to ${Math.ceil(longest)} ms of decoding.`
    whole.hidden = lines.size === 0
  }
  return {
    element: whole,
    clear() {
      lines.clear()
      svg.replaceChildren()
      keys.replaceChildren()
      whole.hidden = true
    },
    add(name, point) {
      let entry = lines.get(name)
      if (!entry) {
        const line = document.createElementNS(SVG, 'polyline')
        line.setAttribute('class', name)
        svg.append(line)
        const key = element('li', { className: name })
        keys.append(key)
        entry = { line, key, points: [{ ms: 0, tokens: 0 }] }
        lines.set(name, entry)
      }
      entry.points.push(point)
      draw()
    },
  }
}

function comesTo(name: string, points: readonly Point[]): string {
  const { tokens } = points.at(-1) as Point
  return `${name}: ${(tokens / (points.length - 1)).toFixed(2)} tokens a round`
}
