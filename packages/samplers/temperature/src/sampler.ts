/**
 * Temperature: `logits / T`. Below 1 it sharpens the law, above 1 it flattens it. Stands before the truncations in the order of
 * Hugging Face transformers, whose cuts see the tempered law.
 */
import { badOption, checkNumber, type LogitsProcessor, type Manifest, SPEC_VERSION } from '@foretoken/core'

/** What temperature says of itself. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'processor',
  name: 'temperature',
  requires: [],
}

/**
 * Divides logits by `value`.
 * @param value Above 0. For the most probable token set `temperature: 0` in `decode`: that is a definition, not a limit.
 * @throws BAD_OPTION
 */
export function temperature(value: number): LogitsProcessor {
  checkNumber('temperature', 'value', value, 0)
  if (!(value > 0)) throw badOption('temperature', 'value', `is ${value}`, 'a number above 0')
  const scale = 1 / value
  const processor: LogitsProcessor = {
    manifest,
    apply(logits) {
      if (scale === 1) return
      for (let x = 0; x < logits.length; x++) logits[x]! *= scale
    },
    advance() {},
    rollback() {},
    fork: () => processor,
  }
  return processor
}
