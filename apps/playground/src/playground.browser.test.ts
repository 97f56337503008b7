import { expect, it, vi } from 'vitest'
import { playground } from './playground.ts'

const find = <T extends HTMLElement>(selector: string): T => document.querySelector<T>(selector) as T
const button = (text: string) =>
  [...document.querySelectorAll('button')].find(({ textContent }) => textContent === text) as HTMLButtonElement
const isDone = () => vi.waitFor(() => expect(button('Race against plain').disabled).toBe(false), { timeout: 25_000 })

it('opens on the embedded model, generates, races and shows that the tokens are the same', async () => {
  document.body.innerHTML = '<div id="app"></div>'
  playground(find('#app'))
  await vi.waitFor(() => expect(document.querySelectorAll('.token[data-fate=accepted]').length).toBeGreaterThan(5), {
    timeout: 25_000,
  })
  await isDone()
  find<HTMLInputElement>('[name=maxTokens]').value = '40'
  button('Race against plain').click()
  await vi.waitFor(() => expect(find('.verdict').textContent).toMatch(/^Equal: all 40 tokens/), { timeout: 25_000 })
  const [left, right] = [...document.querySelectorAll('.lane .text')].map(({ textContent }) => textContent)
  expect(left).toBe(right)
  const round = find('.round-title').textContent
  expect(round).toMatch(/^Round \d+, draft (\d+) of \1: \d+ of \d+ accepted, then “/)
  button('Previous').click()
  expect(find('.round-title').textContent).not.toBe(round)
  expect(document.querySelectorAll('.node[data-fate=accepted]').length).toBe(
    Number(/: (\d+) of/.exec(find('.round-title').textContent ?? '')?.[1]),
  )
  await isDone()
}, 60_000)

it('says what is wrong with a file that is no model', async () => {
  const input = find<HTMLInputElement>('input[type=file]')
  const files = new DataTransfer()
  files.items.add(new File(['a letter'], 'letter.gguf'))
  input.files = files.files
  input.dispatchEvent(new Event('change'))
  await vi.waitFor(() => expect(find('.status').textContent).toMatch(/letter\.gguf/), { timeout: 10_000 })
  await isDone()
})

it('keeps what stands below in its place while a new generation grows', async () => {
  const { offsetHeight } = find('.results')
  button('Generate').click()
  await vi.waitFor(() => expect(button('Stop').disabled).toBe(false))
  await vi.waitFor(() => expect(document.querySelectorAll('.lane').length).toBe(1))
  expect(find('.results').offsetHeight).toBeGreaterThanOrEqual(offsetHeight)
  await isDone()
  expect(find('.results').style.minHeight).toBe('')
}, 60_000)

it('stops when asked', async () => {
  button('Generate').click()
  await vi.waitFor(() => expect(button('Stop').disabled).toBe(false))
  button('Stop').click()
  await vi.waitFor(() => expect(find('.status').textContent).toBe('Stopped.'), { timeout: 10_000 })
  await isDone()
})
