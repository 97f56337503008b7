/** A node of a tree in topological order; −1 is the root. */
interface Placed {
  readonly parent: number
}

/** Row of each node, [nodes]: a first child stands beside its parent, every other one below all that was placed before. */
export function treeRows(nodes: readonly Placed[]): number[] {
  const rows = new Array<number>(nodes.length).fill(0)
  let next = 0
  const place = (parent: number, row: number): void => {
    let isFirst = true
    nodes.forEach((node, i) => {
      if (node.parent !== parent) return
      rows[i] = isFirst ? row : next
      next = Math.max(next, rows[i]! + 1)
      isFirst = false
      place(i, rows[i]!)
    })
  }
  place(-1, 0)
  return rows
}
