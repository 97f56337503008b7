import type { CodePoints } from './code-points.ts'

const known = new Map<string, CodePoints>()

/** Code points of a Unicode property, as this runtime's own expressions know it. */
export function propertyOf(name: string): CodePoints | undefined {
  const found = known.get(name) ?? computed(name)
  if (found) known.set(name, found)
  return found
}

function computed(name: string): CodePoints | undefined {
  let test: RegExp
  try {
    test = new RegExp(`^\\p{${name}}$`, 'u')
  } catch {
    return undefined
  }
  const ranges: [number, number][] = []
  for (let code = 0; code <= 0x10ffff; code++) {
    if (!test.test(String.fromCodePoint(code))) continue
    const last = ranges.at(-1)
    if (last && last[1] === code - 1) last[1] = code
    else ranges.push([code, code])
  }
  return ranges
}
