import type { Capability, Manifest } from '@foretoken/core'
import { DRAFTERS, VERIFIERS } from './methods.ts'

/** Why some choices cannot be made, by the name of what is chosen and then by choice. */
export type Unavailable = Readonly<Record<'backend' | 'drafter' | 'verifier', Readonly<Record<string, string>>>>

/** What keeps methods from a model that supports so much, and a browser from its graphics card. */
export function unavailable(supports: ReadonlySet<Capability>, graphics: string | undefined): Unavailable {
  const missing = (manifests: readonly (readonly [string, Manifest | undefined])[]) =>
    Object.fromEntries(
      manifests.flatMap(([name, manifest]) => {
        const lacking = manifest?.requires.filter((each) => !supports.has(each)) ?? []
        return lacking.length > 0 ? [[name, `needs ${lacking.join(', ')}`]] : []
      }),
    )
  return {
    backend: graphics === undefined ? {} : { webgpu: graphics },
    drafter: missing(Object.entries(DRAFTERS).map(([name, { manifest }]) => [name, manifest])),
    verifier: missing(Object.entries(VERIFIERS).map(([name, create]) => [name, create().manifest])),
  }
}

/** Why WebGPU cannot be chosen in this browser. */
export async function graphicsMissing(): Promise<string | undefined> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<unknown> } }
  if (!gpu) return 'this browser has no WebGPU'
  return (await gpu.requestAdapter().catch(() => null)) ? undefined : 'this browser offers no WebGPU adapter'
}
