import { readFile } from 'node:fs/promises'
import { ForetokenError } from '@foretoken/core'

/** A question of Spec-Bench. */
export interface Question {
  readonly question_id: number
  readonly category: string
  readonly turns: readonly string[]
}

/** Reads JSON lines. @returns Nothing when there is no such file. */
export async function readQuestions(file: string): Promise<Question[] | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    return undefined
  }
  return parseQuestions(text, file)
}

export function parseQuestions(text: string, file: string): Question[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line, i) => {
    const question = parsed(line)
    if (typeof question?.question_id === 'number' && typeof question.turns?.[0] === 'string') return question
    throw new ForetokenError(
      'BAD_OPTION',
      `Line ${i + 1} of ${file} is no question; {"question_id", "category", "turns"} was expected.`,
      {
        fix: 'Give the question.jsonl of Spec-Bench.',
      },
    )
  })
}

function parsed(line: string): Question | undefined {
  try {
    return JSON.parse(line) as Question
  } catch {
    return undefined
  }
}

/** `count` of a list, spread evenly over it. */
export function spread<Item>(list: readonly Item[], count: number): Item[] {
  if (count >= list.length) return [...list]
  return Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)]!)
}

/** The first `count` of each category, in the order of the file. */
export function fromEach(questions: readonly Question[], count: number): Question[] {
  const taken = new Map<string, number>()
  return questions.filter(({ category }) => {
    const before = taken.get(category) ?? 0
    taken.set(category, before + 1)
    return before < count
  })
}
