import { grouped } from '../statistics.ts'
import { table } from '../table.ts'

/** A pair of drafter and verifier on one question. */
export interface Trial {
  readonly temperature: number
  readonly id: number
  readonly category: string
  readonly name: string
  /** Methods of the pair. */
  readonly drafter: string
  readonly verifier: string
  readonly commit: string
  readonly tokens: number
  readonly rounds: number
  readonly drafted: number
  readonly accepted: number
  /** First token that differs from plain decoding; absent when none does. */
  readonly differsAt?: number
}

/** One row for each temperature and pair, and a line for every run that differs. */
export function tableOf(trials: readonly Trial[], questions: number, absent: Readonly<Record<string, string>>): string {
  const rows = [...grouped(trials, ({ temperature, name }) => `${temperature} ${name}`).values()].map((list) => {
    const sum = (of: (trial: Trial) => number): number => list.reduce((total, trial) => total + of(trial), 0)
    const { name, temperature } = list[0]!
    return [
      name,
      temperature,
      `${list.length} of ${questions}`,
      list.filter(({ differsAt }) => differsAt === undefined).length,
      sum(({ tokens }) => tokens),
      sum(({ tokens }) => tokens) / sum(({ rounds }) => rounds),
    ]
  })
  const columns = [
    { title: 'drafter + verifier' },
    { title: 'temperature', digits: 1 },
    { title: 'questions' },
    { title: 'identical', digits: 0 },
    { title: 'tokens', digits: 0 },
    { title: 'tokens a round', digits: 2 },
  ]
  const wrong = trials.flatMap(({ id, name, temperature, differsAt }) =>
    differsAt === undefined
      ? []
      : [`Question ${id} with ${name} at temperature ${temperature} differs at token ${differsAt}.`],
  )
  const missing = Object.entries(absent).map(([name, why]) => `Without ${name}: ${why}`)
  return [table(columns, rows), ...wrong, ...missing].join('\n')
}
