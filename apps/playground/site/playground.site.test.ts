// The built site in a real Chromium, from a host that sends no headers of isolation: what a visitor meets.
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import axe from 'axe-core'
import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { button, generate, launch, PATIENCE, STORIES, settled, status } from './drive.ts'
import { DIST, type Site, serve } from './serve.ts'
import { pageWeight } from './weight.ts'

const LETTER = { name: 'letter.gguf', mimeType: '', buffer: Buffer.from('a letter') }
const shots = process.env['FORETOKEN_SCREENSHOTS']

let browser: Browser
let context: BrowserContext
let site: Site
let page: Page

beforeAll(async () => {
  if (!existsSync(join(DIST, 'index.html'))) throw new Error('The site is not built: pnpm build.')
  browser = await launch()
  site = await serve()
  context = await browser.newContext({ acceptDownloads: true })
  context.setDefaultTimeout(PATIENCE)
  page = await context.newPage()
}, PATIENCE)

afterAll(async () => {
  await browser?.close()
  await site?.close()
})

/** The run as the page exports it. */
async function exported(): Promise<ExportedRun> {
  const [file] = await Promise.all([page.waitForEvent('download'), button(page, 'Export as JSON').click()])
  return JSON.parse(await readFile((await file.path()) as string, 'utf8'))
}

describe('the built site', { timeout: PATIENCE }, () => {
  it('weighs at most 600 kB before the model and the runtime', async () => {
    expect(await pageWeight(DIST)).toBeLessThan(600_000)
  })

  it('opens without isolation, on one thread, says so, and generates', async () => {
    await page.goto(site.address)
    await page.locator('.token[data-fate=accepted]').nth(5).waitFor()
    await settled(page)
    expect(await page.evaluate('crossOriginIsolated')).toBe(false)
    expect(await status(page)).toMatch(/^stories, .* on wasm, 1 thread, .*not cross-origin isolated/)
  })

  it('races, shows that the tokens are the same, and replays any round with what each token was', async () => {
    await page.locator('[name=maxTokens]').fill('40')
    await button(page, 'Race against plain').click()
    await page.getByText(/^Equal: all 40 tokens/).waitFor()
    await settled(page)
    const keys = await page.locator('.plot li').allTextContents()
    expect(keys).toEqual([
      expect.stringMatching(/^plain: [\d.]+ tokens\/s, mean acceptance length 1\.00$/),
      expect.stringMatching(/^speculative: [\d.]+ tokens\/s, mean acceptance length [2-5]\.\d\d$/),
    ])
    // Plot, lanes and the exported run say the same.
    const { generations } = await exported()
    const paces = generations.map(({ stats: { tokensPerSecond, meanAcceptanceLength } }) => [
      `${tokensPerSecond.toFixed(1)} tokens/s`,
      `mean acceptance length ${meanAcceptanceLength.toFixed(2)}`,
    ])
    expect(keys).toEqual(generations.map(({ name }, i) => `${name}: ${paces[i]?.join(', ')}`))
    for (const [i, text] of (await page.locator('.figures').allTextContents()).entries())
      expect(text.split(' · ').slice(1, 3)).toEqual(paces[i])
    const title = page.locator('.round-title')
    const last = await title.textContent()
    await button(page, 'Previous').click()
    expect(await title.textContent()).not.toBe(last)
    await generate(page, { temperature: '0.8', sampler: 'top-p 0.9' })
    const node = page.locator('.node[title]').first()
    expect(await node.getAttribute('title')).toMatch(/^p [\d.]+, q [\d.]+, accepted here [\d.]+, rank \d+$/)
    expect(await page.locator('.lane .token[data-fate=accepted]').first().getAttribute('title')).toMatch(
      / \(p .* rank \d+\)$/,
    )
  })

  it('tells what the controller makes of this device', async () => {
    await button(page, 'Measure this device').click()
    await settled(page)
    expect(await page.locator('.costs tbody tr').count()).toBe(8)
    await generate(page, { drafter: 'auto', temperature: '0', maxTokens: '60' })
    const said = await page.locator('.choices').textContent()
    expect(said).toMatch(
      /^Of \d+ rounds the controller drafted .* in \d+.* came\. It went by this device’s costs, as measured\./,
    )
    const { controller, generations } = await exported()
    expect(said).toContain(`Of ${controller?.rounds} rounds`)
    expect(controller?.rounds).toBeLessThanOrEqual(generations[0]?.stats.rounds ?? 0)
    await generate(page, { drafter: 'draft-model' })
    expect(await page.locator('.choices').textContent()).toBe('')
  })

  it('says which capability an unavailable choice lacks', async () => {
    const option = page.locator('option[value=layer-skip]')
    expect(await option.textContent()).toBe('layer-skip (needs layers:skip)')
    expect(await option.isDisabled()).toBe(true)
  })

  it('shares its settings as a link and a run as JSON', async () => {
    await generate(page, { drafter: 'suffix', seed: '77', temperature: '0', maxTokens: '20' })
    await button(page, 'Copy link').click()
    await page.waitForURL(/drafter=suffix.*seed=77/)
    const run = await exported()
    expect(run).toMatchObject({
      settings: { drafter: 'suffix', seed: 77 },
      where: { target: { provider: 'wasm' }, draft: { provider: 'wasm' } },
      generations: [{ name: 'speculative', guarantee: 'lossless' }],
    })
    expect(run.generations[0]?.tokenIds).toHaveLength(20)
  })

  it('stops when asked', async () => {
    await page.locator('[name=maxTokens]').fill('900')
    await button(page, 'Generate').click()
    await button(page, 'Stop').click()
    await page.getByText('Stopped.').waitFor()
    await settled(page)
  })

  it('stops loading a model when asked, keeps nothing of it, and goes on with the last one', async () => {
    await page.evaluate(`(() => {
      const status = document.querySelector('.status')
      const stop = [...document.querySelectorAll('button')].find((each) => each.textContent === 'Stop')
      const seen = new MutationObserver(() => {
        if (/^Converting/.test(status.textContent)) seen.disconnect(), stop.click()
      })
      seen.observe(status, { childList: true })
    })()`)
    await page
      .locator('input[type=file]')
      .setInputFiles({ ...LETTER, name: 'other.gguf', buffer: await readFile(STORIES) })
    await page.getByText('Stopped.').waitFor()
    await generate(page, { maxTokens: '20' })
    expect(await page.locator('.lane .token').count()).toBe(20)
    await page.locator('summary').click()
    await expect
      .poll(() => page.locator('details li span').allTextContents())
      .toEqual([expect.stringMatching(/^stories-draft-int8/), expect.stringMatching(/^stories-int8/)])
    await page.locator('summary').click()
  })

  it('loads a model by its address, says what is wrong with one, and comes back to the embedded one', async () => {
    const folder = await readdir(join(DIST, 'assets'))
    const load = async (model: string, said: RegExp) => {
      await page.locator('[name=model]').fill(model)
      await button(page, 'Load').click()
      await page.locator('.status', { hasText: said }).waitFor()
      await settled(page)
    }
    await load(
      `${site.address}assets/${folder.find((name) => /^stories-draft.*gguf$/.test(name))}`,
      /^stories-draft\S*, /,
    )
    await load('nowhere.gguf', /nowhere\.gguf/)
    await load('stories', /^stories, /)
  })

  it('says what is wrong with a dropped file that is no model', async () => {
    const transfer = await page.evaluateHandle(
      "(() => { const all = new DataTransfer(); all.items.add(new File(['a letter'], 'letter.gguf')); return all })()",
    )
    await page.locator('main').dispatchEvent('drop', { dataTransfer: transfer })
    await page.getByText(/letter\.gguf.*GGUF/).waitFor()
    await page.locator('input[type=file]').setInputFiles(LETTER)
    await settled(page)
    expect(await status(page)).toMatch(/letter\.gguf/)
  })

  it('says that the space is used up, and goes on once there is space', async () => {
    const session = await context.newCDPSession(page)
    const origin = new URL(site.address).origin
    const used = (await page.evaluate('navigator.storage.estimate().then(({ usage }) => usage)')) as number
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: used + 500_000 })
    await page.locator('input[type=file]').setInputFiles(STORIES)
    await page.getByText(/the space for this site is used up/).waitFor()
    await settled(page)
    await generate(page, { maxTokens: '20' })
    await session.send('Storage.overrideQuotaForOrigin', { origin })
    // The same file once more.
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.locator('input[type=file]').click()])
    await chooser.setFiles(STORIES)
    await page.getByText(/^stories, .* on wasm/).waitFor()
    await settled(page)
  })

  it('reloads without a network', async () => {
    // The worker that answers then must have taken over.
    await page.waitForFunction("navigator.serviceWorker.controller?.state === 'activated'")
    await site.close()
    await context.setOffline(true)
    await page.goto('about:blank')
    await page.goto(site.address)
    await page.locator('.token[data-fate=accepted]').nth(5).waitFor()
    await settled(page)
    // It hands its files out with the headers that threads need.
    expect(await page.evaluate('crossOriginIsolated')).toBe(true)
    await context.setOffline(false)
    site = await serve()
  })

  it.each([
    ['light', 1280, 900],
    ['dark', 1280, 900],
    ['light', 360, 740],
  ] as const)('has nothing for axe to complain of: %s, %i wide', async (colorScheme, width, height) => {
    const view = await browser.newPage({ colorScheme, viewport: { width, height } })
    view.setDefaultTimeout(PATIENCE)
    await view.goto(site.address)
    await view.locator('.token[data-fate=accepted]').nth(5).waitFor()
    await settled(view)
    await view.locator('[name=maxTokens]').fill('30')
    await button(view, 'Race against plain').click()
    await view.getByText(/^Equal: all 30 tokens/).waitFor()
    await settled(view)
    await view.addScriptTag({ content: axe.source })
    const violations = await view.evaluate(async () => {
      const { run } = (globalThis as unknown as { axe: { run(): Promise<{ violations: AxeViolation[] }> } }).axe
      return (await run()).violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])
    })
    expect(violations).toEqual([])
    expect(await view.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    if (shots) await view.screenshot({ path: join(shots, `${colorScheme}-${width}.png`), fullPage: true })
    await view.close()
  })
})

interface ExportedRun {
  readonly controller?: { readonly rounds: number }
  readonly generations: readonly {
    readonly name: string
    readonly tokenIds: readonly number[]
    readonly stats: { readonly rounds: number; readonly tokensPerSecond: number; readonly meanAcceptanceLength: number }
  }[]
}

interface AxeViolation {
  readonly id: string
  readonly nodes: readonly { readonly html: string }[]
}
