/** A JSON value with the text that `json.dumps` of Python writes for it: numbers as they stood, a space after , and :. */
export interface Kept {
  readonly text: string
  readonly items: readonly Kept[]
  readonly members: ReadonlyMap<string, Kept>
}

/** Reads JSON without losing how numbers are written (`1.0` is no integer in draft 4) or the order of keys. */
export function keptJson(source: string): Kept {
  let at = 0
  const token = /\s*([{}[\]:,]|"(?:[^"\\]|\\.)*"|[^\s{}[\]:,"]+)/y
  const next = (): string => {
    token.lastIndex = at
    const found = token.exec(source)?.[1]
    if (found === undefined) throw new SyntaxError(`No JSON at ${at}.`)
    at = token.lastIndex
    return found
  }
  const list = (close: string, read: (first: string) => void): void => {
    for (let first = next(); first !== close; first = next()) if (first !== ',') read(first)
  }
  const value = (first: string): Kept => {
    const items: Kept[] = []
    const members = new Map<string, Kept>()
    if (first === '[') {
      list(']', (each) => items.push(value(each)))
      return { items, members, text: `[${items.map(({ text }) => text).join(', ')}]` }
    }
    if (first === '{') {
      list('}', (key) => {
        next()
        members.set(JSON.parse(key) as string, value(next()))
      })
      const written = [...members].map(([key, { text }]) => `${JSON.stringify(key)}: ${text}`)
      return { items, members, text: `{${written.join(', ')}}` }
    }
    return { items, members, text: first.startsWith('"') ? JSON.stringify(JSON.parse(first)) : first }
  }
  return value(next())
}
