/**
 * Ids of the largest logits of one row in descending order, the lowest id first on ties. One pass and no sort: eight values are tested at
 * once against the smallest kept so far, since one that is larger is rare (about k ln(V / k) in a row).
 * @param row Logits, [vocabularySize]; −Infinity and NaN are never chosen.
 * @param ids Filled, [k]; places that found no token are −1.
 * @param values Scratch, at least [k].
 */
export function largestTokens(row: Float32Array, ids: Int32Array, values: Float32Array): void {
  const { length } = row
  ids.fill(-1)
  values.fill(-Infinity, 0, ids.length)
  const last = ids.length - 1
  let least = -Infinity
  for (let i = 0; i < length; i += 8) {
    if (
      i + 8 > length ||
      row[i]! > least ||
      row[i + 1]! > least ||
      row[i + 2]! > least ||
      row[i + 3]! > least ||
      row[i + 4]! > least ||
      row[i + 5]! > least ||
      row[i + 6]! > least ||
      row[i + 7]! > least
    ) {
      for (let token = i; token < i + 8 && token < length; token++) {
        if (row[token]! > least) {
          insert(row[token]!, token, ids, values)
          least = values[last]!
        }
      }
    }
  }
}

/** Puts a value above the smallest kept one in its place; equal values stay before it. */
function insert(value: number, token: number, ids: Int32Array, values: Float32Array): void {
  let at = ids.length - 1
  for (; at > 0 && values[at - 1]! < value; at--) {
    values[at] = values[at - 1]!
    ids[at] = ids[at - 1]!
  }
  values[at] = value
  ids[at] = token
}
