import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ForetokenError } from '@foretoken/core'
import type { Browser, Page } from 'playwright'
import { DIST } from '../../../apps/playground/site/serve.ts'
import { CHROMIUM_FLAGS, chromium as findChromium } from '../../../tooling/browser/chromium.mjs'

/** Patience with a page on a machine that may be busy or asleep, in milliseconds. */
const PATIENCE = 600_000

/** The folder of the built playground. Throws `NOT_FOUND` where it is not built. */
export function builtSite(folder: string = DIST): string {
  if (existsSync(join(folder, 'index.html'))) return folder
  throw new ForetokenError('NOT_FOUND', `There is no built playground in ${folder}.`, {
    fix: 'Run `pnpm build` first.',
  })
}

/** A headless Chromium with an empty profile. Throws `UNSUPPORTED` without one. */
export async function freshBrowser(): Promise<Browser> {
  const executablePath = findChromium()
  if (!executablePath) {
    throw new ForetokenError('UNSUPPORTED', 'There is no Chromium here and none could be installed.', {
      fix: 'Name one in the environment variable FORETOKEN_CHROMIUM.',
    })
  }
  const { chromium } = await import('playwright')
  return chromium.launch({ executablePath, args: CHROMIUM_FLAGS })
}

/** A page whose waits end. */
export async function patientPage(browser: Browser): Promise<Page> {
  const page = await browser.newPage()
  page.setDefaultTimeout(PATIENCE)
  return page
}

export const press = (page: Page, name: string): Promise<void> =>
  page.getByRole('button', { name, exact: true }).click()

/** Waits until nothing runs any more. */
export async function settled(page: Page): Promise<void> {
  await page.locator('button.main:enabled').waitFor()
}
