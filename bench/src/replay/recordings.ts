import { join } from 'node:path'
import { openKeptLines } from '../kept-lines.ts'
import { RESULTS } from '../places.ts'
import type { Question } from '../questions.ts'
import { say } from '../report.ts'
import type { LoadedModel } from '../spec/registry.ts'
import { generateTurn } from '../spec/runners.ts'
import { talk } from '../spec/talk.ts'

/** What plain decoding answered to one turn of a question. */
export interface Recording {
  readonly id: number
  readonly category: string
  /** From 1. */
  readonly turn: number
  readonly temperature: number
  /** The whole context, [tokens]. */
  readonly prompt: readonly number[]
  /** The stop token included, [tokens]. */
  readonly answer: readonly number[]
}

export interface RecordingOptions {
  readonly model: string
  readonly tokens: number
  readonly seed: number
  readonly threads: number
  readonly temperature: number
}

/** Answers to questions in their order, all turns: read where they are kept, else decoded and kept. */
export async function recordings(
  questions: readonly Question[],
  target: LoadedModel,
  options: RecordingOptions,
): Promise<Recording[]> {
  const { model, tokens, seed, temperature } = options
  const stem = `recordings-${model.replace(/[^\w.-]+/g, '-')}-seed${seed}-tokens${tokens}-temperature${temperature}.jsonl`
  const kept = await openKeptLines<Recording>(join(RESULTS, stem), { model, tokens, seed, temperature }, false)
  const done = new Set(kept.rows.map(({ id }) => id))
  const missing = questions.filter(({ question_id }) => !done.has(question_id))
  for (const [i, question] of missing.entries()) {
    for (const row of await recorded(question, target, options)) await kept.add(row)
    if ((i + 1) % 10 === 0) say(`${i + 1} of ${missing.length} questions recorded`)
  }
  return questions.flatMap(({ question_id }) => kept.rows.filter(({ id }) => id === question_id))
}

async function recorded(question: Question, target: LoadedModel, options: RecordingOptions): Promise<Recording[]> {
  const { question_id: id, category, turns } = question
  const { temperature, seed } = options
  const heard = talk(target.model, target.tokenizer)
  target.model.rewind(0)
  const answers: string[] = []
  const rows: Recording[] = []
  for (let turn = 1; turn <= turns.length; turn++) {
    const asked = await heard.ask(turns.slice(0, turn), answers)
    if (!asked) break
    const ground = { target, options, talk: heard }
    const { tokenIds } = await generateTurn(ground, asked.prompt, { temperature, seed: seed + id })
    answers.push(target.tokenizer.decode(tokenIds))
    rows.push({ id, category, turn, temperature, prompt: [...asked.prompt], answer: [...tokenIds] })
  }
  return rows
}
