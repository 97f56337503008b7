import { fileURLToPath } from 'node:url'

/** The repository, as a folder URL. */
export const ROOT: URL = new URL('../../', import.meta.url)

/** Where results go: a JSON file and a plot for each benchmark. */
export const RESULTS: string = fileURLToPath(new URL('../results/', import.meta.url))

/** The engines of others, installed on demand. */
export const PEERS: URL = new URL('../peers/', import.meta.url)

/** Text that everything is measured on. */
export const RUNNING_TEXT: string = fileURLToPath(new URL('../text/alice.txt', import.meta.url))

/** Compositions that `spec` measures, one JSON file each. */
export const COMPOSITIONS: string = fileURLToPath(new URL('../compositions/', import.meta.url))

/** Where Spec-Bench's questions are looked for unless a file is named. */
export const QUESTIONS: string = fileURLToPath(new URL('../shared/data/spec-bench/questions.jsonl', ROOT))

/** Where schemas in MaskBench's form are looked for unless a file is named. */
export const SCHEMAS: string = fileURLToPath(new URL('../shared/data/maskbench/schemas.jsonl.gz', ROOT))

/** Figures that papers published, one JSON file for each method. */
export const PAPERS: string = fileURLToPath(new URL('../papers/', import.meta.url))

/** Questions on which outputs were plain decoding's, for the documentation. */
export const IDENTITY: string = fileURLToPath(new URL('docs/methods/identity.jsonl', ROOT))

/** Measured results that the documentation shows. */
export const PUBLISHED: string = fileURLToPath(new URL('docs/methods/results.json', ROOT))
