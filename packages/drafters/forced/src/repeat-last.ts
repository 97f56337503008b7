/** The pure part: `count` copies of `last`, [count]; empty when there is no last token. */
export function repeatLast(last: number | undefined, count: number): Int32Array {
  return last === undefined ? new Int32Array(0) : new Int32Array(count).fill(last)
}
