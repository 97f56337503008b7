import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Browser, CDPSession, Page } from 'playwright'
import { serve } from '../../../apps/playground/site/serve.ts'
import { ROOT } from '../places.ts'
import { type CommonOptions, type Findings, say } from '../report.ts'
import { table } from '../table.ts'
import { builtSite, freshBrowser, patientPage, press, settled } from './site.ts'

export interface EnduranceOptions extends CommonOptions {
  readonly minutes: number
  /** Folder of the built playground. */
  readonly site?: string | undefined
}

/** What a page holds once nothing runs and all collections are done, in bytes. */
interface Held {
  readonly minute: number
  /** Uses of the page so far. */
  readonly uses: number
  /** Of page and workers, WASM memory included: `performance.measureUserAgentSpecificMemory`. */
  readonly memory: number
  /** Of the page's own scripts. */
  readonly heap: number
  /** Of the renderer's process, shared pages left out; `null` where there is no /proc. */
  readonly resident: number | null
  readonly stored: number
}

interface Clickable {
  click(): void
}

const MODELS = ['stories', 'stories-draft'].map((name) =>
  fileURLToPath(new URL(`packages/models/${name}/${name}.gguf`, ROOT)),
)
const METHODS = ['draft-model', 'pearl', 'prompt-lookup', 'suffix', 'lookahead', 'token-recycling', 'auto']
const SIZES = [
  { width: 1280, height: 900 },
  { width: 360, height: 740 },
  { width: 768, height: 1024 },
]
/** Most growth over the first minute. */
const MOST = 1.1
/** Readings of the memory, of which the largest counts. */
const READINGS = 3

/** Uses of the playground, one after the other; each ends with nothing running. */
const USES: readonly ((page: Page, turn: number) => Promise<void>)[] = [
  async (page, turn) => {
    await page.locator('[name=drafter]').selectOption(METHODS[turn % METHODS.length] as string)
    await page.locator('[name=temperature]').fill(turn % 2 ? '0.8' : '0')
    await page.locator('[name=maxTokens]').fill('80')
    await press(page, 'Generate')
    await settled(page)
  },
  async (page) => {
    await press(page, 'Race against plain')
    await settled(page)
  },
  async (page) => {
    await page.locator('[name=maxTokens]').fill('300')
    await press(page, 'Generate')
    await page.locator('.lane .token').nth(9).waitFor()
    // A generation that has just ended has nothing to stop: a click in the page waits for nothing.
    await page
      .getByRole('button', { name: 'Stop', exact: true })
      .evaluate((button) => (button as unknown as Clickable).click())
    await settled(page)
  },
  (page, turn) => page.setViewportSize(SIZES[turn % SIZES.length] as (typeof SIZES)[number]),
  async (page, turn) => {
    await page.locator('input[type=file]').setInputFiles(MODELS[turn % 2] as string)
    await page.locator('.status', { hasText: turn % 2 ? /^stories-draft,/ : /^stories,/ }).waitFor()
    await settled(page)
  },
]

/** Uses the built playground for minutes in one page and looks whether it holds more memory than after the first. */
export async function endurance({ minutes, site }: EnduranceOptions): Promise<Findings> {
  const host = await serve({ folder: builtSite(site), isolates: true })
  const browser = await freshBrowser()
  try {
    const page = await patientPage(browser)
    const errors: string[] = []
    page.on('pageerror', ({ message }) => errors.push(message))
    await page.goto(host.address)
    await settled(page)
    const held = await use(browser, page, minutes)
    return findings(held, errors, minutes)
  } finally {
    await browser.close()
    await host.close()
  }
}

async function use(browser: Browser, page: Page, minutes: number): Promise<Held[]> {
  const session = await page.context().newCDPSession(page)
  const process = await rendererOf(browser)
  const started = Date.now()
  const held: Held[] = []
  for (let minute = 1, turn = 0; minute <= minutes; minute++) {
    do for (const one of USES) await one(page, turn)
    while (++turn % 2 || Date.now() - started < minute * 60_000)
    const now = { minute, uses: turn * USES.length, ...(await holding(page, session, process)) }
    say(`minute ${minute}: ${megabytes(now.memory)} MB, resident ${megabytes(now.resident)} MB, ${now.uses} uses`)
    held.push(now)
  }
  return held
}

async function holding(page: Page, session: CDPSession, process: number | undefined) {
  await session.send('HeapProfiler.collectGarbage')
  // A worker that does not answer in time is left out of a reading; none is counted twice.
  let memory = 0
  for (let reading = 0; reading < READINGS; reading++) {
    const bytes = await page.evaluate('performance.measureUserAgentSpecificMemory().then(({ bytes }) => bytes)')
    memory = Math.max(memory, bytes as number)
  }
  const stored = (await page.evaluate('navigator.storage.estimate().then(({ usage }) => usage)')) as number
  const { usedSize: heap } = await session.send('Runtime.getHeapUsage')
  return { memory, heap, stored, resident: await residentOf(process) }
}

async function rendererOf(browser: Browser): Promise<number | undefined> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  return processInfo.filter(({ type }) => type === 'renderer').sort((a, b) => b.cpuTime - a.cpuTime)[0]?.id
}

async function residentOf(process: number | undefined): Promise<number | null> {
  const text = await readFile(`/proc/${process}/status`, 'utf8').catch(() => '')
  const found = /^RssAnon:\s+(\d+) kB$/m.exec(text)?.[1]
  return found === undefined ? null : 1024 * Number(found)
}

const megabytes = (bytes: number | null): string => (bytes === null ? '?' : (bytes / 1e6).toFixed(1))

function findings(held: readonly Held[], errors: readonly string[], minutes: number): Findings {
  const [first, last] = [held[0] as Held, held.at(-1) as Held]
  const growth = {
    memory: last.memory / first.memory,
    resident: last.resident === null || first.resident === null ? null : last.resident / first.resident,
    stored: last.stored / first.stored,
  }
  const holds = errors.length === 0 && [growth.memory, growth.resident ?? 1, growth.stored].every((x) => x <= MOST)
  const titles = ['minute', 'uses', 'memory, MB', 'page heap, MB', 'resident, MB', 'stored, MB']
  const lines = held.map(({ minute, uses, memory, heap, resident, stored }) => [
    minute,
    uses,
    ...[memory, heap, resident, stored].map(megabytes),
  ])
  const said = `After ${minutes} minutes ${growth.memory.toFixed(3)} times the memory of the first, resident ${growth.resident?.toFixed(3) ?? '?'} times.`
  return {
    settings: { minutes, mostGrowth: MOST },
    results: { growth, held, errors },
    brief: { growth, errors, first, last, holds },
    text: [
      table(
        titles.map((title) => ({ title })),
        lines,
      ),
      said,
      ...errors,
    ].join('\n\n'),
    holds,
  }
}
