import { type Grammar, patternRegex, terminal, utf8Spelling } from '@foretoken/constraint'
import { badOption, checkKeys } from '@foretoken/core'

export interface RegexOptions {
  /** Text may stand before and after the match, as when searching. Default: the whole text must match. */
  readonly isSearch?: boolean
}

/**
 * The texts that a regular expression matches, in ECMAScript syntax with the flag `u`; a `RegExp` or its source.
 * @throws BAD_OPTION for flags that change the meaning; when built, BAD_OPTION for bad syntax and UNSUPPORTED for
 * backreferences, lookbehind and word boundaries.
 * @example
 * const version = regex(/\d+\.\d+\.\d+/)
 */
export function regex(pattern: RegExp | string, options: RegexOptions = {}): Grammar {
  checkKeys('regex', options, ['isSearch'])
  const flags = typeof pattern === 'string' ? '' : pattern.flags.replace(/[dguy]/g, '')
  if (flags !== '') throw badOption('regex', 'pattern', `has the flags ${flags}`, 'no flag but d, g, u and y')
  const source = typeof pattern === 'string' ? pattern : pattern.source
  const { isSearch = false } = options
  return {
    name: `the pattern ${source}`,
    build: (regexes) => [
      terminal(patternRegex(source, { regexes, spelling: utf8Spelling(regexes), isWhole: !isSearch })),
    ],
  }
}
