export const CHROMIUM_FLAGS: string[]
export function findChromium(): string | undefined
export function chromium(): string | undefined
export function softwareAdapter(): Record<string, string> | undefined
