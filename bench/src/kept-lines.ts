import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ForetokenError } from '@foretoken/core'

/** Results kept line by line, so that a long run can go on where it was left. */
export interface KeptLines<Row> {
  readonly rows: readonly Row[]
  add(row: Row): Promise<void>
}

/**
 * Opens the file of a run; `settings` say what run it is.
 * @param fix What to do about the file of another run.
 * @throws BAD_OPTION for the file of another run.
 */
export async function openKeptLines<Row>(
  file: string,
  settings: object,
  isFresh: boolean,
  fix = 'Name another file with --state, or begin again with --fresh.',
): Promise<KeptLines<Row>> {
  const head = JSON.stringify(settings)
  await mkdir(dirname(file), { recursive: true })
  if (isFresh) await rm(file, { force: true })
  const text = await readFile(file, 'utf8').catch(() => '')
  // A line that was cut by the end of a process is done again.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  const [first, ...lines] = whole.split('\n').filter((line) => line !== '')
  if (first !== undefined && first !== head) {
    throw new ForetokenError('BAD_OPTION', `${file} holds another run: ${first}.`, {
      fix,
    })
  }
  if (first === undefined) await writeFile(file, `${head}\n`)
  else if (whole !== text) await writeFile(file, whole)
  const rows = lines.map((line) => JSON.parse(line) as Row)
  return {
    rows,
    async add(row) {
      rows.push(row)
      await appendFile(file, `${JSON.stringify(row)}\n`)
    },
  }
}
