import { stopwatch, type Timing } from './engine.ts'

/** The little that is used of transformers.js, in Node as in a page. */
export interface Transformers {
  readonly AutoModelForCausalLM: {
    from_pretrained(folder: string, options: object): Promise<TransformersModel>
  }
  readonly Tensor: new (type: string, data: BigInt64Array, dims: number[]) => unknown
}

interface TransformersModel {
  generate(options: object): Promise<unknown>
}

/** Greedy: `count` tokens after `prompt`, each told when it comes. */
export async function generateWith(
  model: TransformersModel,
  Tensor: Transformers['Tensor'],
  prompt: ArrayLike<number>,
  count: number,
): Promise<Timing> {
  const watch = stopwatch()
  const shape = [1, prompt.length]
  // The first call hands the prompt back.
  let calls = 0
  const put = (ids: bigint[][]): void => {
    if (calls++ > 0) watch.token(Number(ids[0]![0]))
  }
  await model.generate({
    inputs: new Tensor('int64', BigInt64Array.from(prompt, BigInt), shape),
    attention_mask: new Tensor('int64', new BigInt64Array(prompt.length).fill(1n), shape),
    max_new_tokens: count,
    min_new_tokens: count,
    do_sample: false,
    streamer: { put, end() {} },
  })
  return watch.timing()
}
