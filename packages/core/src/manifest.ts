import type { Capability } from './capability.ts'

/** Version of the plugin interfaces; an object that carries another one is refused with `SPEC_VERSION`. */
export const SPEC_VERSION = 1

/**
 * What a verifier promises of the committed tokens.
 * - `greedy-exact`: at temperature 0 they are the tokens of plain greedy decoding.
 * - `lossless`: greedy-exact, and above temperature 0 they follow the sampler's law for every honest drafter.
 * - `lossy`: something changes, and `Manifest.changes` says what.
 */
export type Guarantee = 'greedy-exact' | 'lossless' | 'lossy'

export type PluginKind = 'drafter' | 'verifier' | 'sampler' | 'processor'

export interface Paper {
  readonly title: string
  readonly authors: string
  readonly year: number
  readonly url: string
  /** Where in the paper: `Algorithm 1`, `section 3.2`. */
  readonly section?: string
}

/** What a plugin says of itself. Documentation and the `package.json` field are generated from it. */
export interface Manifest {
  readonly specVersion: typeof SPEC_VERSION
  readonly kind: PluginKind
  /** The method's name as in its package: `prompt-lookup`. */
  readonly name: string
  readonly paper?: Paper
  /** Capabilities that the target model must support. */
  readonly requires: readonly Capability[]
  /** Verifiers only. */
  readonly guarantee?: Guarantee
  /** Lossy verifiers only: what changes in the output, in one sentence. */
  readonly changes?: string
}
