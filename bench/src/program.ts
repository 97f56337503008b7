import { availableParallelism } from 'node:os'
import { Command } from 'commander'
import { integer, integers, namesOf } from './options.ts'
import { type PlainOptions, plain } from './plain.ts'
import { type CommonOptions, type Findings, report } from './report.ts'

const ENGINES = ['foretoken', 'llama', 'transformers-q8', 'transformers-q4', 'transformers-fp32']

/** Options that all benchmarks share. */
function benchmark(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .option('--json', 'print one JSON object and nothing else')
    .option('--quick', 'fewer and smaller runs: shows that everything works')
    .option('--seed <n>', 'seed of all randomness', integer(0), 0)
    .option('--model <name or path>', 'model to measure', 'smollm2-135m')
    .option('--cache <folder>', 'where models are kept')
    .option('--offline', 'never touch the network')
    .option('--threads <n>', 'threads of a forward pass', integer(1), availableParallelism())
}

/** Quick values stand in for defaults, never for what was asked. */
function settled<Options>(command: Command, quick: Readonly<Record<string, unknown>>): Options {
  const options = command.opts()
  if (!options['quick']) return options as Options
  const given = Object.entries(quick).filter(([name]) => command.getOptionValueSource(name) === 'default')
  return { ...options, ...Object.fromEntries(given) } as Options
}

/** Runs a benchmark with its options and reports. */
function runs<Options extends CommonOptions>(
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

function addPlain(parent: Command): void {
  const command = benchmark(parent, 'plain', 'plain decoding, prefill, load and memory beside other engines')
    .option('--engines <names>', `comma-separated, of ${ENGINES.join(', ')}`, namesOf(ENGINES), ENGINES.slice(0, 4))
    .option('--contexts <list>', 'tokens in the context', integers, [64, 512, 2048])
    .option('--tokens <n>', 'tokens decoded in each run', integer(2), 64)
    .option('--repetitions <n>', 'interleaved runs', integer(1), 5)
    .option('--loads <n>', 'fresh starts', integer(1), 3)
    .option('--onnx <folder>', 'export for transformers.js')
    .option('--data <file>', 'text that prompts are cut from')
    .option('--source', 'run the packages from their sources, not as built')
  runs<PlainOptions>(command, { contexts: [64, 512], tokens: 16, repetitions: 2, loads: 1 }, plain)
}

/** The command line of the benchmarks. */
export function program(): Command {
  const top = new Command('bench').description('End-to-end measurements. Results go to bench/results.')
  addPlain(top)
  return top
}
