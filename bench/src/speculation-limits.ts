/** Commands that measure the limits of speculation: what it may lose, and what it can win where tokens are sampled. */
import { type Command, Option } from 'commander'
import { benchmark, runs } from './command.ts'
import { type NeverSlowerOptions, neverSlower } from './never-slower.ts'
import { integer, names, namesOf, TRAPS, temperatures } from './options.ts'
import { QUESTIONS } from './places.ts'
import { type ReplayOptions, replay } from './replay/replay.ts'
import { type SampledDraftsOptions, sampledDrafts } from './sampled-drafts.ts'

export function addNeverSlower(parent: Command): void {
  const command = benchmark(parent, 'never-slower', 'what the controller loses where drafting cannot win')
    .option('--data <file>', "Spec-Bench's questions", QUESTIONS)
    .option('--questions <n>', 'how many, spread over the categories', integer(1), 50)
    .option('--repetitions <n>', 'runs of each question', integer(1), 1)
    .option('--tokens <n>', 'new tokens for each turn', integer(4), 128)
    .option('--traps <names>', `comma-separated, of ${TRAPS.join(', ')}`, namesOf(TRAPS), TRAPS)
  runs<NeverSlowerOptions>(command, { questions: 4, tokens: 48 }, neverSlower)
}

export function addSampledDrafts(parent: Command): void {
  const command = benchmark(parent, 'sampled-drafts', 'what drafts of one level can win where tokens are sampled')
    .option('--data <file>', "Spec-Bench's questions", QUESTIONS)
    .option('--draft <name or path>', 'model that drafts', 'smollm2-draft')
    .option('--per-category <n>', 'questions of each category', integer(1), 2)
    .option('--tokens <n>', 'new tokens for each', integer(4), 96)
    .option('--temperature <t>', 'of the target and of drafts', (text) => temperatures(text)[0]!, 1)
  runs<SampledDraftsOptions>(command, { perCategory: 1, tokens: 16 }, sampledDrafts)
}

export function addReplay(parent: Command): void {
  const command = benchmark(parent, 'replay', 'compositions on recorded answers, in computed time: no noise')
    .option('--compositions <names>', 'comma-separated names, `all`, or paths of .json files', names, ['auto-free'])
    .option('--temperatures <list>', 'temperatures, each for itself', temperatures, [0])
    .option('--data <file>', "Spec-Bench's questions", QUESTIONS)
    .option('--questions <n>', 'how many, spread over all', integer(1))
    .option('--per-category <n>', 'how many of each category at most', integer(1))
    .addOption(new Option('--half <which>', 'every second question').choices(['first', 'second']))
    .option('--tokens <n>', 'new tokens of each turn', integer(1), 128)
    .option('--costs <file>', 'price list of steps (default: measured now)')
    .option('--level <steps>', 'plain steps that a level of a draft model takes', Number, 0.2)
    .option('--busy', 'on a machine that others use too')
  runs<ReplayOptions>(command, { perCategory: 1, tokens: 64 }, replay)
}
