import type { Manifest } from '@foretoken/core'
import { DRAFTERS, hasDraft, type Models, VERIFIERS } from './methods.ts'

/** Why some choices cannot be made, by the name of what is chosen and then by choice. */
export type Unavailable = Readonly<Record<'backend' | 'drafter' | 'verifier', Readonly<Record<string, string>>>>

/** What keeps methods from these models, and a browser from its graphics card. */
export function unavailable(models: Models, graphics: string | undefined): Unavailable {
  const { supports } = models.target.model
  const missing = (manifests: readonly (readonly [string, Manifest | undefined])[]) =>
    Object.fromEntries(
      manifests.flatMap(([name, manifest]) => {
        const lacking = manifest?.requires.filter((each) => !supports.has(each)) ?? []
        return lacking.length > 0 ? [[name, `needs ${lacking.join(', ')}`]] : []
      }),
    )
  const stranger = Object.entries(DRAFTERS).filter(([, { usesDraft }]) => usesDraft && !hasDraft(models))
  const drafter = missing(Object.entries(DRAFTERS).map(([name, { manifest }]) => [name, manifest]))
  return {
    backend: graphics === undefined ? {} : { webgpu: graphics },
    drafter: {
      ...drafter,
      ...Object.fromEntries(stranger.map(([name]) => [name, `${models.draft.info.id} has other tokens`])),
    },
    verifier: missing(Object.entries(VERIFIERS).map(([name, create]) => [name, create().manifest])),
  }
}

/** Why WebGPU cannot be chosen in this browser. */
export async function graphicsMissing(): Promise<string | undefined> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<unknown> } }
  if (!gpu) return 'this browser has no WebGPU'
  return (await gpu.requestAdapter().catch(() => null)) ? undefined : 'this browser offers no WebGPU adapter'
}
