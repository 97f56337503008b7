import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import { integer } from './options.ts'
import { type CommonOptions, type Findings, report } from './report.ts'

/** Options that all benchmarks share. */
export function benchmark(parent: Command, name: string, description: string, hasModel = true): Command {
  const command = parent.command(name).description(description)
  if (hasModel) command.option('--model <name or path>', 'model to measure', 'smollm2-135m')
  return command
    .option('--json', 'print one JSON object and nothing else')
    .option('--quick', 'fewer and smaller runs: shows that everything works')
    .option('--seed <n>', 'seed of all randomness', integer(0), 0)
    .option('--cache <folder>', 'where models are kept')
    .option('--offline', 'never touch the network')
    .option('--threads <n>', 'threads of a forward pass', integer(1), availableParallelism())
}

/** Quick values stand in for defaults, never for what was asked. */
function settled<Options>(command: Command, quick: Readonly<Record<string, unknown>>): Options {
  const options = command.opts()
  if (!options['quick']) return options as Options
  const given = Object.entries(quick).filter(([name]) => command.getOptionValueSource(name) !== 'cli')
  return { ...options, ...Object.fromEntries(given) } as Options
}

/** Runs a benchmark with its options and reports. */
export function runs<Options extends CommonOptions>(
  command: Command,
  quick: Readonly<Record<string, unknown>>,
  run: (options: Options) => Promise<Findings>,
): void {
  command.action(async () => {
    const options = settled<Options>(command, quick)
    const args = process.argv.slice(process.argv.indexOf(command.name()) + 1)
    await report(command.name(), args, options, () => run(options))
  })
}
