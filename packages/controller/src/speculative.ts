/** What somebody wants who only wants speed: parts to spread into `decode`. */
import { checkKeys, type Verifier } from '@foretoken/core'
import { suffix } from '@foretoken/drafter-suffix'
import { speculativeSampling } from '@foretoken/verifier-speculative-sampling'
import { type Controller, controller } from './controller.ts'
import { CONTROLLER_KEYS, type ControllerOptions } from './options.ts'

export interface SpeculativeOptions extends Omit<ControllerOptions, 'drafters'> {
  /** Default: `suffix()`, which needs nothing and costs microseconds. */
  readonly drafters?: ControllerOptions['drafters'] | undefined
  /** Default: `speculativeSampling()`, lossless for every drafter. */
  readonly verifier?: Verifier | undefined
}

/** Two of the options of `decode` and `generate`. */
export interface Speculative {
  readonly drafter: Controller
  readonly verifier: Verifier
}

/**
 * Speculation that is never a mistake: whatever the text, it costs at most `epsilon` of plain decoding's time and two plain
 * steps. Keep what it returns from one generation to the next, and it keeps what it learned.
 * @throws BAD_OPTION
 * @example
 * for await (const run of decode({ model, prompt, ...speculative() })) …
 */
export function speculative(options: SpeculativeOptions = {}): Speculative {
  checkKeys('speculative', options, [...CONTROLLER_KEYS, 'verifier'])
  const { verifier = speculativeSampling(), drafters = [suffix()], ...rest } = options
  return { drafter: controller({ ...rest, drafters }), verifier }
}
