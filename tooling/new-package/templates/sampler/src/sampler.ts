import { checkKeys, checkNumber, type LogitsProcessor, type Manifest, SPEC_VERSION } from '@foretoken/core'
import { keepNear } from './keep-near.ts'

/** What this processor is. Cite the paper here: documentation is generated from it. */
export const manifest: Manifest = {
  specVersion: SPEC_VERSION,
  kind: 'processor',
  name: 'template-method',
  requires: [],
}

export interface TemplateMethodOptions {
  /** Largest distance to the best logit, at least 0. Default: 10. */
  readonly gap?: number
}

/**
 * Masks every token whose logit lies more than `gap` below the best: a stand-in for the method. It has no memory.
 *
 * @throws BAD_OPTION for an unknown option or a negative `gap`.
 */
export function templateMethod(options: TemplateMethodOptions = {}): LogitsProcessor {
  checkKeys(manifest.name, options, ['gap'])
  checkNumber(manifest.name, 'gap', options.gap, 0)
  const { gap = 10 } = options
  const processor: LogitsProcessor = {
    manifest,
    apply: (logits) => keepNear(logits, gap),
    advance() {},
    rollback() {},
    fork: () => processor,
  }
  return processor
}
