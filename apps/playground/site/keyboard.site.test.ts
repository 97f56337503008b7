// The built site without a pointer: every control is reached, seen when it is, and does what it does for a pointer.
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launch, PATIENCE, settled } from './drive.ts'
import { type Site, serve } from './serve.ts'

/** Where the focus is: the control's name, and whether one sees it. */
interface Stop {
  readonly name: string
  readonly isSeen: boolean
}

const NAME_OF = `(each) => each.ariaLabel || each.name || each.labels?.[0]?.textContent || each.textContent`
const STOP = `(() => {
  const each = document.activeElement
  const { outlineStyle, outlineWidth } = getComputedStyle(each)
  const { top, bottom } = each.getBoundingClientRect()
  const isOutlined = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2
  return { name: (${NAME_OF})(each), isSeen: isOutlined && bottom > 0 && top < innerHeight }
})()`
const CONTROLS = `[...document.querySelectorAll('button, input, select, textarea, summary, [tabindex]')]
  .filter((each) => !each.disabled && each.checkVisibility())
  .map(${NAME_OF})`

let browser: Browser
let site: Site
let page: Page

beforeAll(async () => {
  browser = await launch()
  site = await serve()
  const context = await browser.newContext({ acceptDownloads: true })
  context.setDefaultTimeout(PATIENCE)
  page = await context.newPage()
  await page.goto(site.address)
  await page.locator('.token[data-fate=accepted]').nth(5).waitFor()
  await settled(page)
}, PATIENCE)

afterAll(async () => {
  await browser?.close()
  await site?.close()
})

const focused = (): Promise<Stop> => page.evaluate(STOP)

/** Goes on from control to control, as often as there are controls at most. */
async function tabTo(name: string): Promise<void> {
  const controls = (await page.evaluate(CONTROLS)) as string[]
  for (let i = 0; i <= controls.length; i++) {
    await page.keyboard.press('Tab')
    if ((await focused()).name === name) return
  }
  throw new Error(`The keyboard reaches no ${name}.`)
}

async function press(name: string, key = 'Enter'): Promise<void> {
  await tabTo(name)
  await page.keyboard.press(key)
}

const title = async () => (await page.locator('.round-title').textContent()) ?? ''

it('reaches every control in the order of the page, and shows where it is', { timeout: PATIENCE }, async () => {
  const controls = (await page.evaluate(CONTROLS)) as string[]
  expect(controls.length).toBeGreaterThan(18)
  const stops: Stop[] = []
  for (const _ of controls) {
    await page.keyboard.press('Tab')
    stops.push(await focused())
  }
  expect(stops.map(({ name }) => name)).toEqual(controls)
  expect(stops.filter(({ isSeen }) => !isSeen)).toEqual([])
})

it('chooses, generates and comes back to where it was', { timeout: PATIENCE }, async () => {
  await tabTo('drafter')
  await page.keyboard.type('suffix')
  await tabTo('maxTokens')
  await page.keyboard.type('40')
  await press('Generate')
  await settled(page)
  expect(await page.locator('[name=drafter]').inputValue()).toBe('suffix')
  expect(await page.locator('.lane .token').count()).toBe(40)
  expect((await focused()).name).toBe('Generate')
})

it('stops what runs', { timeout: PATIENCE }, async () => {
  await tabTo('maxTokens')
  await page.keyboard.type('900')
  await press('Generate')
  await press('Stop')
  await page.getByText('Stopped.').waitFor()
  await settled(page)
  expect((await focused()).name).toBe('Generate')
})

it('steps through the rounds of a race, back and forth', { timeout: PATIENCE }, async () => {
  await tabTo('maxTokens')
  await page.keyboard.type('60')
  await press('Race against plain', 'Space')
  await page.getByText(/^Equal: all 60 tokens/).waitFor()
  await settled(page)
  const last = await title()
  await press('Previous')
  const before = await title()
  expect(before).not.toBe(last)
  await press('Round', 'ArrowRight')
  expect(await title()).toBe(last)
  await page.keyboard.press('Home')
  expect(await title()).toMatch(/ draft 1 of /)
  await press('Next', 'Space')
  expect(await title()).toMatch(/ draft 2 of /)
})

it('shares, exports, measures, and frees what is kept', { timeout: PATIENCE }, async () => {
  await press('Copy link')
  await page.waitForURL(/drafter=suffix/)
  const [file] = await Promise.all([page.waitForEvent('download'), press('Export as JSON')])
  expect(file.suggestedFilename()).toBe('foretoken-run.json')
  await press('Measure this device')
  await settled(page)
  expect(await page.locator('.costs tbody tr').count()).toBe(8)
  await press('Models kept in this browser')
  await page.locator('details li button').first().waitFor()
  const names = (await page.evaluate(CONTROLS)) as string[]
  expect(names.at(-1)).toMatch(/^Remove stories/)
  await tabTo(names.at(-1) as string)
})
