import type { Fate, Run } from '@foretoken/core'
import { element } from './elements.ts'
import type { Generation } from './generation.ts'
import { facts, type Round } from './watch.ts'

const MEANINGS: Readonly<Record<Fate, string>> = {
  accepted: 'drafted and accepted',
  corrected: 'drafted otherwise and corrected',
  bonus: 'the target’s own, after a draft that was accepted whole',
  plain: 'the target’s own, without a draft',
}

/** What the colours of tokens say. */
export function legend(): HTMLElement {
  const entries = (Object.keys(MEANINGS) as Fate[]).map((fate) =>
    element('li', {}, element('span', { className: 'token', data: { fate } }, fate), `: ${MEANINGS[fate]}`),
  )
  return element('ul', { className: 'legend', ariaLabel: 'Colours of tokens' }, ...entries)
}

/** Where one generation is shown. */
export interface Lane {
  readonly element: HTMLElement
  /** @param seen The run’s round, where something was drafted. */
  add(run: Run, seen: Round | undefined): void
  /** Shows the figures so far, or those of the whole generation. */
  measure(generation: Generation): void
}

/** How fast a generation is, in words. */
export function paceOf(generation: Generation): string[] {
  const { tokensPerSecond, meanAcceptanceLength } = generation.figures()
  return [`${tokensPerSecond.toFixed(1)} tokens/s`, `mean acceptance length ${meanAcceptanceLength.toFixed(2)}`]
}

export function lane(title: string): Lane {
  const text = element('p', { className: 'text' })
  const figures = element('p', { className: 'figures' })
  let round = 0
  return {
    element: element('section', { className: 'lane', ariaLabel: title }, element('h2', {}, title), figures, text),
    add(run, seen) {
      round++
      run.pieces.forEach((piece, i) => {
        const fate = run.fates[i] as Fate
        const node = seen?.nodes[seen.path[i] ?? -1]
        const title = `Round ${round}, token ${run.tokenIds[i]}: ${MEANINGS[fate]}${node ? ` (${facts(node)})` : ''}`
        text.append(element('span', { className: 'token', title, data: { fate } }, piece))
      })
    },
    measure(generation) {
      const { tokenIds, summary } = generation
      const parts = [`${tokenIds.length} tokens`, ...paceOf(generation)]
      if (summary && summary.stats.drafted > 0) {
        const { acceptanceRate, rounds, draftingFailure } = summary.stats
        parts.push(`${rounds} rounds`, `${(100 * acceptanceRate).toFixed(0)} % accepted`, summary.guarantee)
        if (draftingFailure) parts.push('the drafter failed and was left out')
      }
      figures.textContent = parts.join(' · ')
    },
  }
}
