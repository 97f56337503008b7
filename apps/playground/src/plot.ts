const SVG = 'http://www.w3.org/2000/svg'
const [WIDTH, HEIGHT] = [600, 120]

interface Point {
  readonly ms: number
  readonly tokens: number
}

export interface Plot {
  readonly element: SVGElement
  clear(): void
  /** So many tokens after so much of a generation’s own time. */
  add(name: string, point: Point): void
}

/** Tokens over decoding time, a line for each generation: the steeper, the faster. */
export function racePlot(): Plot {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', `-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`)
  svg.setAttribute('preserveAspectRatio', 'none')
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', 'Tokens over decoding time')
  svg.setAttribute('class', 'plot')
  const lines = new Map<string, { readonly line: SVGElement; readonly points: Point[] }>()
  const draw = () => {
    const all = [...lines.values()].flatMap(({ points }) => points)
    const [most, longest] = [Math.max(1, ...all.map((p) => p.tokens)), Math.max(1, ...all.map((p) => p.ms))]
    for (const { line, points } of lines.values()) {
      const at = ({ ms, tokens }: Point) =>
        `${((WIDTH * ms) / longest).toFixed(1)},${(HEIGHT * (1 - tokens / most)).toFixed(1)}`
      line.setAttribute('points', points.map(at).join(' '))
    }
  }
  return {
    element: svg,
    clear() {
      lines.clear()
      svg.replaceChildren()
    },
    add(name, point) {
      let entry = lines.get(name)
      if (!entry) {
        const line = document.createElementNS(SVG, 'polyline')
        line.setAttribute('class', name)
        svg.append(line)
        entry = { line, points: [{ ms: 0, tokens: 0 }] }
        lines.set(name, entry)
      }
      entry.points.push(point)
      draw()
    },
  }
}
