import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { type LargeOptions, large } from './large.ts'
import { integer } from './options.ts'
import { report } from './report.ts'

const command = new Command('large')
  .description('Converts and runs a random checkpoint of gigabytes; everything it writes is removed again.')
  .option('--gigabytes <n>', 'size of the checkpoint', integer(1), 3)
  .option('--folder <path>', 'a folder to create and remove', join(tmpdir(), `foretoken-large-${randomUUID()}`))
  .option('--json', 'print one JSON object and nothing else')
  .action(async (given: Omit<LargeOptions, 'seed'>) => {
    const options = { ...given, seed: 0 }
    await report('large', process.argv.slice(2), options, () => large(options))
  })

await command.parseAsync()
