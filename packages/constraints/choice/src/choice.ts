import { type Grammar, terminal } from '@foretoken/constraint'
import { badOption } from '@foretoken/core'

/**
 * One of some texts and nothing else.
 * @throws BAD_OPTION for no text, or an empty one.
 * @example
 * const answer = choice(['yes', 'no', 'perhaps'])
 */
export function choice(texts: readonly string[]): Grammar {
  if (!Array.isArray(texts) || texts.length === 0 || !texts.every((text) => typeof text === 'string' && text !== '')) {
    throw badOption('choice', 'texts', `is ${JSON.stringify(texts)}`, 'a list of texts, none of them empty')
  }
  return {
    name: `a choice of ${texts.length} texts`,
    build: (regexes) => [terminal(regexes.or(texts.map((text) => regexes.literal(text))))],
  }
}
