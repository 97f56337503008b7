import type { BrowserProviderOption } from 'vitest/node'

export function namedFirefox(): string | undefined
export function findFirefox(): string | undefined
export function firefoxProvider(path: string, base: BrowserProviderOption<object>): BrowserProviderOption<object>
