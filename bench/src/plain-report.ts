import type { ChartSpec } from './chart.ts'
import type { PlainResults } from './plain.ts'
import { median } from './statistics.ts'
import { table } from './table.ts'

const MEGABYTE = 1e6

/** Rates of every engine, then how many times this one is faster. */
export function plainText({ engines, ratios, absent }: PlainResults, contexts: readonly number[]): string {
  const rates = table(
    [
      { title: 'engine' },
      { title: 'version' },
      ...contexts.map((context) => ({ title: `decode@${context}` })),
      ...contexts.map((context) => ({ title: `prefill@${context}`, digits: 0 })),
      { title: 'load ms', digits: 0 },
      ...contexts.map((context) => ({ title: `MB@${context}`, digits: 0 })),
    ],
    engines.map(({ name, version, decode, prefill, loadMs, memory }) => [
      name,
      version,
      ...contexts.map((context) => median(decode[context]!)),
      ...contexts.map((context) => median(prefill[context]!)),
      median(loadMs),
      ...contexts.map((context) => memory[context]! / MEGABYTE),
    ]),
  )
  const faster = table(
    [
      { title: 'foretoken is faster than' },
      ...contexts.map((context) => ({ title: `decode@${context}`, digits: 2 })),
      ...contexts.map((context) => ({ title: `prefill@${context}`, digits: 2 })),
      { title: 'load', digits: 2 },
    ],
    Object.entries(ratios).map(([name, { decode, prefill, load }]) => [
      name,
      ...contexts.map((context) => decode[context]),
      ...contexts.map((context) => prefill[context]),
      load,
    ]),
  )
  const missing = Object.entries(absent).map(([name, reason]) => `Not measured: ${name}: ${reason}`)
  const parts = [`Tokens a second, medians:\n${rates}`]
  if (Object.keys(ratios).length > 0) parts.push(`Times, medians of ratios in the same repetition:\n${faster}`)
  return [...parts, ...missing].join('\n\n')
}

/** Bars of decoding rates by context, one group for each context. */
export function plainChart({ engines }: PlainResults, contexts: readonly number[]): ChartSpec {
  return {
    title: 'Plain decoding, tokens a second',
    data: {
      values: engines.flatMap(({ name, decode }) =>
        contexts.map((context) => ({ engine: name, context: String(context), rate: median(decode[context]!) })),
      ),
    },
    mark: 'bar',
    encoding: {
      x: { field: 'context', type: 'ordinal', sort: null, title: 'tokens in the context', axis: { labelAngle: 0 } },
      xOffset: { field: 'engine', sort: null },
      y: { field: 'rate', type: 'quantitative', title: 'tokens/s' },
      color: { field: 'engine', sort: null, title: null },
    },
  }
}
