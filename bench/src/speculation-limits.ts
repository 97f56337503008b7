/** Commands that measure the limits of speculation: what it may lose, and what it can win where tokens are sampled. */
import type { Command } from 'commander'
import { benchmark, runs } from './command.ts'
import { type NeverSlowerOptions, neverSlower } from './never-slower.ts'
import { integer, namesOf, TRAPS, temperatures } from './options.ts'
import { QUESTIONS } from './places.ts'
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
