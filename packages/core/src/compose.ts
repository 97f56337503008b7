import type { Capability } from './capability.ts'
import type { Drafter } from './drafter.ts'
import { ForetokenError } from './errors.ts'
import { type Guarantee, type Manifest, type PluginKind, SPEC_VERSION } from './manifest.ts'
import type { Model } from './model.ts'
import type { LogitsProcessor } from './sampler.ts'
import type { Verifier } from './verifier.ts'
import { matchWalk } from './walk.ts'

export interface Parts {
  readonly model: Model
  readonly drafter?: Drafter | undefined
  /** Needed with a drafter; without one, plain decoding. */
  readonly verifier?: Verifier | undefined
  readonly processors?: readonly LogitsProcessor[] | undefined
  /** Default 0. */
  readonly temperature?: number | undefined
}

export interface Composition {
  readonly model: Model
  readonly drafter: Drafter | undefined
  readonly verifier: Verifier
  /** Of the whole: the weakest of its parts' at this temperature. */
  readonly guarantee: Guarantee
}

/** Plain decoding: nothing is drafted, and each token is drawn from its law. */
const plain: Verifier = {
  manifest: { specVersion: SPEC_VERSION, kind: 'verifier', name: 'plain', requires: [], guarantee: 'lossless' },
  verify: matchWalk,
}

/**
 * Checks that the parts fit: spec versions, kinds, and that the model supports what each part requires.
 * @throws SPEC_VERSION, BAD_OPTION, CAPABILITY_MISSING.
 */
export function compose(parts: Parts): Composition {
  const { model, drafter, temperature = 0 } = parts
  if (drafter !== undefined && parts.verifier === undefined) {
    throw new ForetokenError('BAD_OPTION', `${drafter.manifest.name} drafts, but no verifier decides its drafts.`, {
      fix: 'Pass a verifier: speculativeSampling() of @foretoken/verifier-speculative-sampling suits every drafter.',
      details: { drafter: drafter.manifest.name },
    })
  }
  const verifier = parts.verifier ?? plain
  if (drafter !== undefined) checkPart(drafter.manifest, 'drafter', model)
  checkPart(verifier.manifest, 'verifier', model)
  for (const processor of parts.processors ?? []) checkPart(processor.manifest, 'processor', model)
  const promised = verifier.manifest.guarantee ?? 'lossy'
  const guarantee = promised === 'greedy-exact' && temperature > 0 ? 'lossy' : promised
  return { model, drafter, verifier, guarantee }
}

function checkPart(manifest: Manifest, kind: PluginKind, model: Model): void {
  const { name, specVersion } = manifest
  if (specVersion !== SPEC_VERSION) {
    throw new ForetokenError('SPEC_VERSION', `${name} has spec version ${specVersion}; ${SPEC_VERSION} was expected.`, {
      fix: `Install versions of @foretoken/core and of ${name} that belong together.`,
      details: { name, found: specVersion, expected: SPEC_VERSION },
    })
  }
  if (manifest.kind !== kind) {
    throw new ForetokenError('BAD_OPTION', `${name} is a ${manifest.kind}; a ${kind} was expected.`, {
      fix: `Pass it as the ${manifest.kind}.`,
      details: { name, found: manifest.kind, expected: kind },
    })
  }
  for (const capability of manifest.requires) requireCapability(name, capability, model)
}

/** @throws CAPABILITY_MISSING naming who needs what. */
export function requireCapability(name: string, capability: Capability, model: Model): void {
  if (model.supports.has(capability)) return
  const supported = [...model.supports].sort().join(', ') || 'none'
  const message = `${name} requires "${capability}"; the model supports: ${supported}.`
  throw new ForetokenError('CAPABILITY_MISSING', message, {
    fix: `Load the model from a graph built with "${capability}" on a backend that has it, or choose another method.`,
    details: { name, capability, supports: [...model.supports] },
  })
}
