// Writes what the target predicts at each token of the answers: `pnpm fastdraft:label work/answers.jsonl`. It appends, and goes
// on where it stopped.
import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { loadModel } from '@foretoken/backend-node'
import { openModel } from '@foretoken/checkpoint/node'
import type { Model } from '@foretoken/core'
import type { AnswerLine } from './answer-line.ts'
import { KEPT, topProbabilities } from './top-probabilities.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'smollm2-135m' },
    threads: { type: 'string', default: '2' },
    /** Answers in all; a longer file is labelled in part. */
    most: { type: 'string', default: '1000000' },
  },
})

/** Rows of one step: as many as prefill likes best on two cores. */
const CHUNK = 64

const ROW_BYTES = 2 * KEPT * Uint16Array.BYTES_PER_ELEMENT

/** The target's law after each token from `start − 1` on but the last: [KEPT ids, KEPT probabilities] for each. */
async function labels(model: Model, tokens: Int32Array, start: number): Promise<Uint16Array> {
  const out = new Uint16Array((tokens.length - start) * 2 * KEPT)
  model.rewind(0)
  for (let from = 0; from < tokens.length - 1; from += CHUNK) {
    const rows = Int32Array.from({ length: Math.min(CHUNK, tokens.length - 1 - from) }, (_, row) => row)
    const logitsFor = rows.filter((row) => from + row >= start - 1)
    const { logits } = await model.step({ tokens: tokens.slice(from, from + rows.length), logitsFor })
    for (const [i, row] of logitsFor.entries()) {
      const at = (from + row - start + 1) * 2 * KEPT
      const ids = out.subarray(at, at + KEPT)
      const units = out.subarray(at + KEPT, at + 2 * KEPT)
      topProbabilities(logits.subarray(i * model.vocabularySize, (i + 1) * model.vocabularySize), ids, units)
    }
    model.commit(rows)
  }
  return out
}

/** What an earlier run finished; it may have been stopped between the two files. */
async function whole(): Promise<{ readonly documents: number; readonly rows: number }> {
  const text = await readFile(`${out}.documents.jsonl`, 'utf8').catch(() => '')
  const documents = text.split('\n').slice(0, -1)
  const rows = documents.map((line) => JSON.parse(line) as { start: number; tokens: number[] })
  await writeFile(`${out}.labels`, '', { flag: 'a' })
  return { documents: documents.length, rows: rows.reduce((sum, { start, tokens }) => sum + tokens.length - start, 0) }
}

const [file] = positionals
if (file === undefined) throw new Error('Name the file of answers: pnpm fastdraft:label work/answers.jsonl')
const out = file.replace(/\.jsonl$/, '')
const lines = (await readFile(file, 'utf8')).trim().split('\n').slice(0, Number(values.most))
const opened = await openModel(values.model)
await using model = await loadModel(opened.folder, { threads: Number(values.threads), maximumRows: CHUNK, worker: false })
const labelled = await whole()
await truncate(`${out}.labels`, labelled.rows * ROW_BYTES)
const began = performance.now()
let fed = 0
for (const line of lines.slice(labelled.documents)) {
  const { prompt, text, finished } = JSON.parse(line) as AnswerLine
  const question = opened.tokenizer.applyChatTemplate([{ role: 'user', content: prompt }], { addGenerationPrompt: true })
  const context = opened.tokenizer.encode(question)
  const end = finished && opened.info.tokens.eos !== undefined ? [opened.info.tokens.eos] : []
  const tokens = Int32Array.of(...context, ...opened.tokenizer.encode(text), ...end)
  await appendFile(`${out}.labels`, new Uint8Array((await labels(model, tokens, context.length)).buffer))
  await appendFile(`${out}.documents.jsonl`, `${JSON.stringify({ start: context.length, tokens: [...tokens] })}\n`)
  fed += tokens.length
  process.stderr.write(`${fed} tokens, ${((fed / (performance.now() - began)) * 1000).toFixed(0)} tokens/s\n`)
}
