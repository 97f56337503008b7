// What the tests of the built site share.
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Locator, type Page } from 'playwright'
import { CHROMIUM_FLAGS, findChromium } from '../../../tooling/browser/chromium.mjs'

export const STORIES: string = fileURLToPath(new URL('../../../packages/models/stories/stories.gguf', import.meta.url))
/** Milliseconds until a page that does not answer has failed. */
export const PATIENCE = 60_000

export function launch(args: string[] = CHROMIUM_FLAGS): Promise<Browser> {
  const executablePath = findChromium()
  return chromium.launch({ ...(executablePath && { executablePath }), args })
}

/** Drives a page of a browser with these flags. */
export async function inBrowser(args: string[], drive: (page: Page) => Promise<void>): Promise<void> {
  const browser = await launch(args)
  try {
    const page = await browser.newPage()
    page.setDefaultTimeout(PATIENCE)
    await drive(page)
  } finally {
    await browser.close()
  }
}

export const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true })

/** What the page says of itself. */
export const status = async (page: Page): Promise<string> => (await page.locator('.status').textContent()) ?? ''

/** Nothing runs any more. */
export const settled = (page: Page): Promise<void> => page.locator('button.main:enabled').waitFor()

/** Writes tokens with these settings. @returns The text. */
export async function generate(page: Page, settings: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, value] of Object.entries(settings)) {
    const field = page.locator(`[name="${name}"]`)
    if (await field.evaluate((each) => each.tagName === 'SELECT')) await field.selectOption(value)
    else await field.fill(value)
  }
  await button(page, 'Generate').click()
  await settled(page)
  return (await page.locator('.lane .text').last().textContent()) ?? ''
}
