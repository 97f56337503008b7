/** One row: a text, or a number with as many digits as its column asks for. */
export type Cell = string | number | undefined

export interface Column {
  readonly title: string
  /** Digits after the point. Default 1. */
  readonly digits?: number
}

/** A plain table: texts left, numbers right; a missing or non-finite number is a dash. */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) => columns.map((column, i) => cellText(row[i], column.digits ?? 1)))
  const widths = columns.map(({ title }, i) => Math.max(title.length, ...texts.map((row) => row[i]!.length)))
  const isNumeric = columns.map((_, i) => rows.some((row) => typeof row[i] === 'number'))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (isNumeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()
  return [
    line(columns.map(({ title }) => title)),
    line(widths.map((width) => '-'.repeat(width))),
    ...texts.map(line),
  ].join('\n')
}

function cellText(cell: Cell, digits: number): string {
  if (typeof cell === 'string') return cell
  return cell === undefined || !Number.isFinite(cell) ? '-' : cell.toFixed(digits)
}
