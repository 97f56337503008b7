import type { CompositionSpec, DrafterSpec } from './composition.ts'

/** Draft models that share a target's tokens. */
const COMPANIONS: Readonly<Record<string, string>> = { stories: 'stories-draft', 'smollm2-135m': 'smollm2-draft' }

/** What is measured with, and what drafts for it. */
export interface DraftChoice {
  readonly model: string
  /** Stands in for the compositions' draft models that share the target's tokens. Default: the target's own, where one is known. */
  readonly draftModel?: string | undefined
}

/** Compositions with the draft model that the target needs: their files name one of some target. */
export function draftedBy(
  compositions: readonly CompositionSpec[],
  { model, draftModel = COMPANIONS[model] }: DraftChoice,
): CompositionSpec[] {
  return compositions.map((composition) => ({
    ...composition,
    drafter: withDraftModel(composition.drafter, draftModel),
    variants: composition.variants.map((variant) => ({
      ...variant,
      ...(variant.drafter && { drafter: withDraftModel(variant.drafter, draftModel) }),
    })),
  }))
}

/** A drafter with another draft model, unless it translates between tokenizers. */
export function withDraftModel(spec: DrafterSpec, draftModel: string | undefined): DrafterSpec {
  const drafters = spec.drafters.map((one) => withDraftModel(one, draftModel))
  const stands = draftModel !== undefined && spec.draftModel !== undefined && spec.method !== 'retokenized'
  return { ...spec, drafters, ...(stands && { draftModel }) }
}
