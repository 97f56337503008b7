import type { Tokenizer } from '@foretoken/checkpoint'
import { decode, type LogitsProcessor, type Model } from '@foretoken/core'
import { temperature } from '@foretoken/sampler-temperature'
import { topK } from '@foretoken/sampler-top-k'
import { topP } from '@foretoken/sampler-top-p'
import { freshPhrases, onlooker } from './processors.ts'
import { isComplete, type StoryPlan } from './story-plan.ts'

/** A line of the corpus. */
export interface StoryLine {
  readonly prompt: string
  readonly seed: number
  /** False when a sentence did not end in time. */
  readonly finished: boolean
  readonly tokens: number
  /** Tokens that the model chose. */
  readonly free: number
  /** Their mean log-probability, before temperature and truncation. */
  readonly logp: number
  readonly text: string
}

const LONGEST_STAGE = 90

/** Lets the model fill a plan: after each stage's opening it writes as many sentences as the plan asks for. */
export async function writeStory(
  model: Model,
  tokenizer: Tokenizer,
  words: LogitsProcessor,
  plan: StoryPlan,
  seed: number,
): Promise<StoryLine> {
  const messages = [{ role: 'user', content: plan.prompt }] as const
  const context = [...tokenizer.encode(tokenizer.applyChatTemplate(messages, { addGenerationPrompt: true }))]
  const start = context.length
  const watch = onlooker()
  const processors = [words, watch.processor, freshPhrases(start), temperature(0.6), topK(40), topP(0.9)]
  let [free, logp, finished] = [0, 0, true]
  model.rewind(0)
  for (const [i, stage] of plan.stages.entries()) {
    context.push(...tokenizer.encode(i === 0 ? stage.opening : `\n\n${stage.opening}`))
    if (stage.sentences === 0) continue
    let [text, sentences] = [stage.opening, 0]
    const prompt = Int32Array.from(context)
    for await (const run of decode({ model, prompt, processors, temperature: 1, seed, maxTokens: LONGEST_STAGE })) {
      const token = run.tokenIds[0]!
      context.push(token)
      free++
      logp += watch.logProbability(token)
      text += tokenizer.decode([token])
      if (isComplete(text) && ++sentences === stage.sentences) break
    }
    if (sentences < stage.sentences) finished = false
    if (!finished) break
  }
  const tokens = context.slice(start)
  const text = tokenizer.decode(tokens)
  return { prompt: plan.prompt, seed, finished, tokens: tokens.length, free, logp: logp / Math.max(1, free), text }
}
