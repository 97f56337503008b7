// The built site in browsers that lack something, or lose it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM_FLAGS } from '../../../tooling/browser/chromium.mjs'
import { button, generate, inBrowser, PATIENCE, settled, status } from './drive.ts'
import { type Site, serve } from './serve.ts'

let site: Site

beforeAll(async () => {
  site = await serve()
})

afterAll(() => site?.close())

describe('the built site', { timeout: PATIENCE }, () => {
  it('says that a browser has no WebGPU', async () => {
    await inBrowser(CHROMIUM_FLAGS, async (view) => {
      await view.addInitScript("Object.defineProperty(navigator, 'gpu', { value: undefined })")
      await view.goto(site.address)
      await settled(view)
      const option = view.locator('option[value=webgpu]')
      await view.getByText('webgpu (this browser has no WebGPU)').waitFor({ state: 'attached' })
      expect(await option.isDisabled()).toBe(true)
    })
  })

  it('opens a link to WebGPU on WASM where there is none, and says why', async () => {
    await inBrowser(
      CHROMIUM_FLAGS.filter((flag) => !flag.includes('webgpu')),
      async (view) => {
        await view.goto(`${site.address}#backend=webgpu&maxTokens=20`)
        await view.locator('.lane .token').nth(19).waitFor()
        await settled(view)
        expect(await status(view)).toMatch(/^This browser offers no WebGPU adapter.* Use .* stories, .* on wasm/)
        expect(await view.locator('[name=backend]').inputValue()).toBe('wasm')
      },
    )
  })

  it('works from memory where the page has no file system, and says what to do', async () => {
    // Over plain http from another name than localhost.
    await inBrowser([...CHROMIUM_FLAGS, '--host-resolver-rules=MAP playground.test 127.0.0.1'], async (view) => {
      await view.goto(site.address.replace('localhost', 'playground.test'))
      await view.locator('.token[data-fate=accepted]').nth(5).waitFor()
      await settled(view)
      expect(await status(view)).toMatch(
        /^stories, .* on wasm, 1 thread, .*The model is not kept and will be loaded anew next time: .*Open the page over https/,
      )
      await view.locator('summary').click()
      await view
        .locator('details')
        .getByText(/Open the page over https/)
        .waitFor()
      await button(view, 'Copy link').click()
      await view.getByText('The link is in the address bar.').waitFor()
      expect(view.url()).toMatch(/drafter=/)
    })
  })

  it('says that the graphics device is lost, and goes on with a new one', async ({ skip }) => {
    await inBrowser(CHROMIUM_FLAGS, async (view) => {
      await view.goto(`${site.address}#backend=webgpu&maxTokens=6`)
      await view.locator('.token').first().waitFor()
      await settled(view)
      if ((await view.locator('[name=backend]').inputValue()) !== 'webgpu')
        return skip('this Chromium offers no WebGPU adapter')
      await view.locator('[name=maxTokens]').fill('300')
      await button(view, 'Generate').click()
      await view.locator('.lane .token').nth(7).waitFor()
      const session = await view.context().newCDPSession(view)
      // The crash may take its answer along.
      await session.send('Browser.crashGpuProcess').catch(() => undefined)
      await view.getByText(/^The graphics device was lost/).waitFor()
      await settled(view)
      await generate(view, { maxTokens: '6' })
      expect(await status(view)).toMatch(/^stories, int8-rotated, on webgpu/)
      expect(await view.locator('.lane .token').count()).toBe(6)
    })
  })

  it('verifies on WebGPU what WASM drafts', async ({ skip }) => {
    await inBrowser(CHROMIUM_FLAGS, async (view) => {
      await view.goto(site.address)
      await view.locator('.token').first().waitFor()
      await settled(view)
      if (await view.locator('option[value=webgpu]').isDisabled()) return skip('this Chromium offers no WebGPU adapter')
      await generate(view, { backend: 'webgpu', drafter: 'pearl', maxTokens: '6' })
      expect(await status(view)).toMatch(/^stories, int8-rotated, on webgpu, in a worker; stories-draft on wasm/)
      expect(await view.locator('.lane .token').count()).toBe(6)
    })
  })
})
