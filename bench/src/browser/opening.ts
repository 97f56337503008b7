import { serve } from '../../../apps/playground/site/serve.ts'
import { pageWeight } from '../../../apps/playground/site/weight.ts'
import type { CommonOptions, Findings } from '../report.ts'
import { median } from '../statistics.ts'
import { table } from '../table.ts'
import { builtSite, freshBrowser, patientPage } from './site.ts'

export interface OpeningOptions extends CommonOptions {
  readonly repetitions: number
  /** Folder of the built playground. */
  readonly site?: string | undefined
}

interface Opening {
  /** Whether the host sends the headers of isolation, so that threads may share memory. */
  readonly isolated: boolean
  /** From the navigation to the first token on the page. */
  readonly firstTokenMs: number
}

const MOST_MS = 3000
const MOST_BYTES = 600_000

/** The built playground opened on localhost in fresh browsers, with and without headers of isolation: first token and weight. */
export async function opening({ repetitions, site }: OpeningOptions): Promise<Findings> {
  const folder = builtSite(site)
  const bytes = await pageWeight(folder)
  const openings: Opening[] = []
  for (let i = 0; i < repetitions; i++) {
    for (const isolated of i % 2 ? [false, true] : [true, false]) openings.push(await open(folder, isolated))
  }
  const rows = [true, false].map((isolated) => {
    const times = openings.filter((each) => each.isolated === isolated).map(({ firstTokenMs }) => firstTokenMs)
    return { isolated, medianMs: median(times), mostMs: Math.max(...times) }
  })
  const columns = [{ title: 'host' }, { title: 'first token, ms' }, { title: 'most, ms' }]
  const lines = rows.map(({ isolated, medianMs, mostMs }) => [
    isolated ? 'with headers of isolation' : 'without',
    Math.round(medianMs),
    Math.round(mostMs),
  ])
  const holds = bytes <= MOST_BYTES && rows.every(({ medianMs }) => medianMs <= MOST_MS)
  return {
    settings: { repetitions, mostMs: MOST_MS, mostBytes: MOST_BYTES },
    results: { pageBytes: bytes, rows, openings },
    brief: { pageBytes: bytes, rows, holds },
    text: `${table(columns, lines)}\n\nPage before model and runtime: ${(bytes / 1000).toFixed(0)} kB gzipped.`,
    holds,
  }
}

async function open(folder: string, isolated: boolean): Promise<Opening> {
  const host = await serve({ folder, isolates: isolated })
  const browser = await freshBrowser()
  try {
    const page = await patientPage(browser)
    await page.addInitScript(`new MutationObserver((_, observer) => {
      if (!document.querySelector('.lane .token')) return
      globalThis.firstTokenMs = performance.now()
      observer.disconnect()
    }).observe(document, { childList: true, subtree: true })`)
    await page.goto(host.address)
    const time = await page.waitForFunction('globalThis.firstTokenMs')
    return { isolated, firstTokenMs: (await time.jsonValue()) as number }
  } finally {
    await browser.close()
    await host.close()
  }
}
