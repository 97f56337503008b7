import { expect, it } from 'vitest'
import { provenance } from './provenance.ts'

it('keeps a command to be typed again, without the folders of files elsewhere', () => {
  const args = ['--data', '/home/somebody/questions.jsonl', '--compositions', 'ngram,./mine.json', "it's"]
  const { command, seed } = provenance('spec', args, 7)
  expect(command).toBe("pnpm bench spec --data questions.jsonl --compositions ngram,./mine.json 'it'\\''s'")
  expect(seed).toBe(7)
})

it('keeps no folder of a file that is given behind an equals sign', () => {
  const { command } = provenance('spec', ['--data=/home/somebody/questions.jsonl', '--state=./here.jsonl'], 0)
  expect(command).toBe('pnpm bench spec --data=questions.jsonl --state=./here.jsonl')
})
