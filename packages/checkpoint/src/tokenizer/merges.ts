/**
 * The merge list of a SentencePiece BPE vocabulary, which stores only a score for each piece: every way to cut a piece
 * into two pieces, best piece first (as `tokenizers` converts such files).
 */
export function mergesFromScores(tokens: readonly string[], scores: ArrayLike<number>): string[] {
  const ids = new Map<string, number>()
  tokens.forEach((token, id) => {
    ids.set(token, id)
  })
  const merges: { readonly left: string; readonly right: string; readonly score: number }[] = []
  for (const [token, id] of ids) {
    if (token.includes(' ')) continue
    const cuts: { readonly left: string; readonly right: string; readonly ids: readonly [number, number] }[] = []
    for (let at = 1; at < token.length; at++) {
      if (isLowSurrogate(token.charCodeAt(at))) continue
      const [left, right] = [token.slice(0, at), token.slice(at)]
      const [leftId, rightId] = [ids.get(left), ids.get(right)]
      if (leftId !== undefined && rightId !== undefined) cuts.push({ left, right, ids: [leftId, rightId] })
    }
    cuts.sort((a, b) => a.ids[0] - b.ids[0] || a.ids[1] - b.ids[1])
    for (const { left, right } of cuts) merges.push({ left, right, score: scores[id] as number })
  }
  merges.sort((a, b) => b.score - a.score || b.left.length - a.left.length || b.right.length - a.right.length)
  return merges.map(({ left, right }) => `${left} ${right}`)
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff
