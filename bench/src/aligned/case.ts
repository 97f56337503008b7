import { loadModel } from '@foretoken/backend-node'
import { type Constraint, constrain, terminal, vocabulary } from '@foretoken/constraint'
import { choice } from '@foretoken/constraint-choice'
import type { ToyLogits } from '@foretoken/testkit'
import { feed, type ModelChoice, prepared } from '../model.ts'

/** A grammar with finitely many texts, and the model's logits after each of their prefixes. */
export interface AlignedCase {
  readonly name: string
  readonly constraint: Constraint
  readonly prompt: Int32Array
  readonly logits: ToyLogits
  /** Every prefix of a text, parents first. */
  readonly prefixes: readonly (readonly number[])[]
}

const BITS = ['0', '1', '']
/** All strings of five bits. */
const FIVE = Array.from({ length: 32 }, (_, i) => i.toString(2).padStart(5, '0'))

function bits(texts: readonly string[]): Constraint {
  const tokens = vocabulary({
    vocabularySize: BITS.length,
    tokenBytes: (id) => new TextEncoder().encode(BITS[id]),
    stopTokens: [2],
  })
  return constrain({ name: 'bits', build: (r) => [terminal(r.or(texts.map((text) => r.literal(text))))] }, tokens)
}

/** The paper's examples over bits, 17 strings being 00000 and those with a 1 in the middle; the first has a model of its own, the others a fair coin. */
export function bitCases(): AlignedCase[] {
  const prompt = Int32Array.of(0)
  const law = (x: readonly number[], length: number): number[] => (x.length === length ? [0, 0, 1] : [0.5, 0.5, 0])
  const worked: ToyLogits = ([, ...x]) => {
    if (x.length === 2) return Float32Array.of(-Infinity, -Infinity, 0)
    return Float32Array.from(x.length === 0 ? [0.9, 0.1, 0] : x[0] === 0 ? [0.1, 0.9, 0] : [0.5, 0.5, 0], Math.log)
  }
  const coin: ToyLogits = ([, ...x]) => Float32Array.from(law(x, 5), Math.log)
  return [
    { name: 'worked example', texts: ['00', '10', '11'], logits: worked },
    { name: '00000 or 1xxxx', texts: FIVE.filter((text) => text === '00000' || text[0] === '1'), logits: coin },
    { name: '17 of 32 strings', texts: FIVE.filter((text) => text === '00000' || text[2] === '1'), logits: coin },
  ].map(({ name, texts, logits }) => {
    const constraint = bits(texts)
    return { name, constraint, prompt, logits, prefixes: prefixesOf(constraint) }
  })
}

/** Words that the model may go on with: it likes the beginnings of some that it can hardly mean. */
const WORDS = [' dog', ' doll', ' cat', ' cake', ' bird', ' big', ' sun', ' the']

/** The embedded model, its logits read once after every prefix of every way to cut the words into tokens. */
export async function realCase(options: Omit<ModelChoice, 'model'>, threads: number): Promise<AlignedCase> {
  const { folder, tokenizer } = await prepared({ ...options, model: 'stories' })
  await using model = await loadModel(folder, { threads, worker: false })
  const constraint = constrain(choice(WORDS), vocabulary(tokenizer))
  const prompt = tokenizer.encode('Once upon a time, there was a little girl who loved her', { begin: true })
  await feed(model, prompt.subarray(0, -1))
  const prefixes = prefixesOf(constraint)
  const rows = new Map<string, Float32Array>()
  for (const x of prefixes) {
    model.rewind(prompt.length - 1)
    const tokens = Int32Array.of(prompt.at(-1)!, ...x)
    const { logits } = await model.step({ tokens, logitsFor: Int32Array.of(tokens.length - 1) })
    rows.set(x.join(), Float32Array.from(logits))
    model.commit(new Int32Array(0))
  }
  const logits: ToyLogits = (context) => rows.get(context.slice(prompt.length).join())!
  return { name: 'stories, eight words', constraint, prompt, logits, prefixes }
}

/** By the masks; the grammar must have finitely many texts. */
function prefixesOf(constraint: Constraint): number[][] {
  const found: number[][] = [[]]
  const stops = new Set(constraint.vocabulary.stopTokens)
  for (let i = 0; i < found.length; i++) {
    const matcher = constraint.matcher()
    for (const token of found[i]!) matcher.advance(token)
    for (let id = 0; id < constraint.vocabulary.size; id++) {
      if (!stops.has(id) && matcher.isAllowed(id)) found.push([...found[i]!, id])
    }
  }
  return found
}
