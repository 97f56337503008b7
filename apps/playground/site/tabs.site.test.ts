// Two tabs of the built site over one store of models: both use, convert and remove the same model.
import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { generate, launch, PATIENCE, STORIES, settled, status } from './drive.ts'
import { type Site, serve } from './serve.ts'

let browser: Browser
let context: BrowserContext
let site: Site

beforeAll(async () => {
  browser = await launch()
  site = await serve()
}, PATIENCE)

afterAll(async () => {
  await browser?.close()
  await site?.close()
})

beforeEach(async () => {
  context = await browser.newContext()
  context.setDefaultTimeout(PATIENCE)
})

afterEach(() => context.close())

const drop = (page: Page) => page.locator('input[type=file]').setInputFiles(STORIES)

async function opened(): Promise<Page> {
  const page = await context.newPage()
  await page.goto(site.address)
  await settled(page)
  return page
}

async function generates(page: Page): Promise<string> {
  const text = await generate(page, { maxTokens: '20' })
  expect(await page.locator('.lane .token').count()).toBe(20)
  return text
}

const stored = (page: Page): Promise<Record<string, string[]>> =>
  page.evaluate(`(async () => {
    const root = await navigator.storage.getDirectory()
    const found = {}
    const prepared = await (await root.getDirectoryHandle('foretoken')).getDirectoryHandle('prepared')
    for await (const [key, folder] of prepared.entries()) found[key] = (await Array.fromAsync(folder.keys())).sort()
    return found
  })()`)

const WHOLE = ['graph.onnx', 'model.json', 'origin.json', 'tokenizer.json', 'weights.bin']

it('lets two tabs load, convert, remove and use the same model at once', { timeout: 2 * PATIENCE }, async () => {
  const [first, second] = await Promise.all([opened(), opened()])
  const text = await generates(first)
  expect(await generates(second)).toBe(text)
  for (let round = 0; round < 2; round++) {
    // Both drop the file; the second removes all that is there, whatever the first is doing.
    const removing = second.evaluate(`(async () => {
      const root = document.querySelector('details')
      root.open = false
      root.open = true
      await new Promise((resolve) => setTimeout(resolve, ${10 + 40 * round}))
      for (const button of root.querySelectorAll('button')) button.click()
    })()`)
    await Promise.all([drop(first), removing, ...(round > 0 ? [drop(second)] : [])])
    for (const page of [first, second]) {
      await page.waitForFunction("/^stories, |removed|read/.test(document.querySelector('.status').textContent)")
      await settled(page)
      expect(await status(page)).toMatch(/^stories, .* on wasm/)
      expect(await generates(page)).toBe(text)
    }
  }
  await drop(first)
  await first.waitForFunction("/^stories, /.test(document.querySelector('.status').textContent)")
  for (const names of Object.values(await stored(first))) expect(names).toEqual(WHOLE)
})

it('goes on in one tab when the other is closed in the middle of a conversion', { timeout: 2 * PATIENCE }, async () => {
  const [first, second] = await Promise.all([opened(), opened()])
  const converting = new Promise<void>((resolve) => {
    void first.exposeFunction('converting', resolve)
  })
  await first.evaluate(`new MutationObserver(() => {
    if (/^Converting/.test(document.querySelector('.status').textContent)) globalThis.converting()
  }).observe(document.querySelector('.status'), { childList: true, characterData: true, subtree: true })`)
  await drop(first)
  await converting
  const waiting = drop(second)
  await first.close()
  await waiting
  await second.waitForFunction("/^stories, /.test(document.querySelector('.status').textContent)")
  await settled(second)
  await generates(second)
  const folders = await stored(second)
  expect(Object.keys(folders).length).toBeGreaterThanOrEqual(3)
  for (const names of Object.values(folders)) expect(names).toEqual(WHOLE)
})

it('says what to do where there is no space at all, and works once there is', { timeout: 2 * PATIENCE }, async () => {
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  const origin = new URL(site.address).origin
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 })
  await page.goto(site.address)
  await page.getByText(/space for this site is used up.*Remove a model/).waitFor()
  expect(await page.evaluate('navigator.storage.estimate().then(({ usage }) => usage)')).toBeLessThan(10_000)
  await settled(page)
  await session.send('Storage.overrideQuotaForOrigin', { origin })
  // The page need not be loaded again.
  await generates(page)
  expect(Object.values(await stored(page))).toEqual([WHOLE, WHOLE])
})
