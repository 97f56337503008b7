import { Command, Option } from 'commander'
import { type AlignedOptions, aligned } from './aligned/aligned.ts'
import { type BrowserOptions, browser } from './browser/browser.ts'
import { type EnduranceOptions, endurance } from './browser/endurance.ts'
import { type OpeningOptions, opening } from './browser/opening.ts'
import { PEER_NAMES } from './browser/page-interface.ts'
import { type WebgpuOptions, webgpu } from './browser/webgpu.ts'
import { benchmark, runs } from './command.ts'
import { type IdentityOptions, identity } from './identity/identity.ts'
import { type JsonOptions, json } from './json/json.ts'
import { type LawOptions, law } from './law.ts'
import { type CodeOptions, maskCode } from './mask/code.ts'
import { type FuzzOptions, maskFuzz } from './mask/fuzz/fuzz.ts'
import { type MaskOptions, mask } from './mask/mask.ts'
import { type SuiteOptions, schemaSuite } from './mask/schema-suite.ts'
import { VOCABULARIES } from './mask/vocabularies.ts'
import { type ObjectsOptions, objects } from './objects/objects.ts'
import { ENGINES, integer, integers, names, namesOf, PAGE, pageEngines, temperatures } from './options.ts'
import { QUESTIONS, SCHEMAS } from './places.ts'
import { type PlainOptions, plain } from './plain.ts'
import { type QualityOptions, quality } from './quality.ts'
import { type ReceiptsOptions, receipts } from './receipts.ts'
import { type PaperOptions, paper } from './spec/paper.ts'
import { type PeersOptions, peers } from './spec/peers.ts'
import { type SpecOptions, spec } from './spec/spec.ts'
import { addNeverSlower, addReplay, addSampledDrafts } from './speculation-limits.ts'
import { type StepsOptions, steps } from './steps.ts'

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

function addSteps(parent: Command): void {
  const command = benchmark(parent, 'steps', 'cost of a forward pass by rows and context; JavaScript a round')
    .option('--contexts <list>', 'tokens in the context', integers, [64, 512, 2048])
    .option('--rows <list>', 'rows fed at once', integers, [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64])
    .option('--repetitions <n>', 'interleaved passes of each size', integer(1), 15)
    .option('--rounds <n>', 'greedy rounds', integer(1), 200)
    .option('--data <file>', 'text that is fed')
  runs<StepsOptions>(command, { contexts: [64, 512], rows: [1, 2, 4, 8, 16], repetitions: 5, rounds: 40 }, steps)
}

function addQuality(parent: Command): void {
  const command = benchmark(parent, 'quality', 'divergence, agreement and perplexity of int8 against float32')
    .option('--tokens <n>', 'positions compared', integer(1), 2000)
    .option('--data <file>', 'running text')
  runs<QualityOptions>(command, { tokens: 256 }, quality)
}

function addIdentity(parent: Command): void {
  const command = benchmark(parent, 'identity', 'output with drafters against plain output, token for token')
    .option('--data <file>', "Spec-Bench's questions", QUESTIONS)
    .option('--questions <n>', 'how many, spread over all', integer(1))
    .option('--compositions <names>', 'comma-separated names, `all`, or paths of .json files', names, ['all'])
    .option('--temperatures <list>', 'temperatures, each for itself', temperatures, [0, 1])
    .option('--draft-model <name>', "stands in for compositions' draft models that share the target's tokens")
    .option('--tokens <n>', 'new tokens of each', integer(1), 128)
    .option('--minutes <n>', 'stop after these; the same command goes on', integer(1))
    .option('--state <file>', 'where trials are kept (default: in bench/results, by model, seed and tokens)')
    .option('--fresh', 'begin again')
    .option('--publish', 'add what was identical to docs/methods/identity.jsonl, and ask nothing again that is there')
  runs<IdentityOptions>(command, { tokens: 32, questions: 6 }, identity)
}

function addLaw(parent: Command): void {
  const command = benchmark(parent, 'law', 'chi-square of sampled tokens at temperature 1, on the stories model', false)
    .option('--texts <n>', 'independent texts', integer(1), 250)
    .option('--tokens <n>', 'tokens of each', integer(2), 48)
    .option('--levels <n>', 'levels drafted', integer(1), 4)
  runs<LawOptions>(command, { texts: 40 }, law)
}

function addAligned(parent: Command): void {
  const command = benchmark(parent, 'aligned', "grammar-aligned samples' way to the conditional law", false)
    .option('--runs <n>', 'independent runs of each case', integer(1), 20)
    .option('--samples <n>', 'samples of each', integer(1), 200)
  runs<AlignedOptions>(command, { runs: 5, samples: 100 }, aligned)
}

function addSpec(parent: Command): void {
  const command = benchmark(parent, 'spec', 'compositions beside plain decoding on the questions of Spec-Bench')
    .option('--compositions <names>', 'comma-separated names, `all`, or paths of .json files', names, ['auto-free'])
    .option('--temperatures <list>', 'temperatures, each for itself', temperatures, [0, 1])
    .option('--publish', 'write the results where `pnpm docs` shows them, two compositions at a time')
    .option('--resume', 'with --publish: leave out what is there of the same model, tokens and questions')
    .option('--minutes <n>', 'with --publish: begin nothing that would not end within these', integer(1))
  runs<SpecOptions>(withDraftModel(withQuestions(command)), QUICK_QUESTIONS, spec)
}

const QUICK_QUESTIONS = { tokens: 64, perCategory: 2 }

function withDraftModel(command: Command): Command {
  const said = "stands in for compositions' draft models that share the target's tokens (default: the one for --model)"
  return command.option('--draft-model <name>', said)
}

/** Options that choose questions. */
function withQuestions(command: Command): Command {
  return command
    .option('--data <file>', 'questions in the form of Spec-Bench', QUESTIONS)
    .option('--questions <n>', 'how many, spread over all', integer(1))
    .option('--per-category <n>', 'how many of each category at most', integer(1))
    .option('--tokens <n>', 'new tokens of each turn', integer(1), 128)
}

function addPaper(parent: Command): void {
  const command = benchmark(parent, 'paper', 'published figures of a method beside ours').argument(
    '<method>',
    'a file of bench/papers',
  )
  const whole = withDraftModel(withQuestions(command))
  runs<PaperOptions>(whole, QUICK_QUESTIONS, (options) => paper(command.args[0] ?? '', options))
}

function addPeers(parent: Command): void {
  const command = benchmark(parent, 'peers', 'a composition beside node-llama-cpp, plain and speculating')
    .option('--composition <name>', 'what this engine speculates with', 'auto-free')
    .option('--draft <file>', 'GGUF of a model that drafts for node-llama-cpp')
    .option('--source', 'run the packages from their sources, not as built')
  runs<PeersOptions>(withQuestions(command), QUICK_QUESTIONS, peers)
}

function addBrowser(parent: Command): void {
  const { engines, compositions, knownCompositions: known } = PAGE
  const command = benchmark(parent, 'browser', 'speculation and other engines beside plain decoding on WASM')
    .option('--draft <name or path>', 'model that drafts too, or none', 'smollm2-draft')
    .option('--compositions <names>', `of ${known.join(', ')}`, namesOf(known), compositions)
    .option('--engines <names>', `comma-separated, of ${PEER_NAMES.join(', ')}, or none`, pageEngines, engines)
    .option('--onnx <folder>', 'the model’s exports for other engines')
    .option('--minutes <n>', 'begin no question after these', integer(1))
    .option('--resume', 'go on with what the last run measured')
  runs<BrowserOptions>(
    withQuestions(command).setOptionValueWithSource('questions', 40, 'default'),
    { tokens: 32, questions: 3 },
    browser,
  )
}

function addWebgpu(parent: Command): void {
  const command = benchmark(parent, 'webgpu', 'steps on WebGPU by form of the weights and place of the cache', false)
    .option('--layers <n>', 'layers of the shape of SmolLM2-135M', integer(1), 4)
    .option('--rows <list>', 'rows of a step', integers, [1, 4, 8])
    .option('--context <n>', 'committed tokens', integer(1), 64)
    .option('--repetitions <n>', 'steps of each kind', integer(1), 5)
  runs<WebgpuOptions>(command, { layers: 1, rows: [1], repetitions: 2 }, webgpu)
}

const SITE = ['--site <folder>', 'the built playground (default: apps/playground/dist)'] as const

function addOpening(parent: Command): void {
  const command = benchmark(
    parent,
    'opening',
    'the built playground: first token in a fresh browser, page weight',
    false,
  )
    .option('--repetitions <n>', 'openings of each kind', integer(1), 5)
    .option(...SITE)
  runs<OpeningOptions>(command, { repetitions: 1 }, opening)
}

function addEndurance(parent: Command): void {
  const command = benchmark(parent, 'endurance', 'memory of the built playground in long use', false)
    .option('--minutes <n>', 'how long', integer(2), 30)
    .option(...SITE)
  runs<EnduranceOptions>(command, { minutes: 2 }, endurance)
}

function addReceipts(parent: Command): void {
  const command = benchmark(parent, 'receipts', 'checking a receipt beside generating its tokens')
    .option('--tokens <n>', 'tokens generated', integer(4), 500)
    .option('--prompt <n>', 'tokens of the prompt', integer(1), 64)
    .option('--repetitions <n>', 'prompts', integer(1), 5)
  runs<ReceiptsOptions>(command, { tokens: 64, repetitions: 2 }, receipts)
}

function addMask(parent: Command): void {
  const command = benchmark(parent, 'mask', "token masks of JSON Schemas by MaskBench's protocol")
    .requiredOption('--data <file>', "schemas with instances in MaskBench's form, .jsonl or .jsonl.gz")
    .option('--schemas <n>', 'how many, from the first', integer(1))
    .addOption(new Option('--order <name>', 'order of properties').choices(['schema', 'free']).default('free'))
    .addOption(
      new Option('--vocabulary <name>', "the model's, or 128,000 tokens of o200k_base")
        .choices([...VOCABULARIES])
        .default('model'),
    )
    .option('--peers', 'XGrammar and LLGuidance on the same schemas')
    .option('--no-memory', 'leave out the pass that measures memory')
  runs<MaskOptions>(command, { schemas: 60 }, mask)
}

function addJson(parent: Command): void {
  const command = benchmark(
    parent,
    'json',
    'JSON by schema: unconstrained, constrained, and drafted inside the grammar',
  )
    .option('--tasks <n>', 'how many schemas, from the first', integer(1))
    .option('--tokens <n>', 'tokens of a text at most', integer(8), 400)
    .option('--repetitions <n>', 'interleaved runs', integer(1), 3)
    .option('--temperature <t>', 'of the target', (text) => temperatures(text)[0], 0)
    .option('--whitespace <name>', 'after commas and colons: single, space or none', 'single')
  runs<JsonOptions>(command, { tasks: 3, repetitions: 1 }, json)
}

function addMaskFuzz(parent: Command): void {
  const command = benchmark(
    parent,
    'mask-fuzz',
    'random walks that follow masks: exact, and never into a dead end',
    false,
  )
    .option('--data <file>', "schemas in MaskBench's form", SCHEMAS)
    .option('--walks <n>', 'how many', integer(2), 100_000)
    .option('--tokens <n>', 'most tokens of a walk through a schema of the file', integer(1), 40)
  runs<FuzzOptions>(command, { walks: 2000 }, maskFuzz)
}

function addMaskCode(parent: Command): void {
  const command = benchmark(parent, 'mask-code', 'token masks of the rules for code, first visits and later ones')
  runs<CodeOptions>(command, {}, maskCode)
}

function addSchemaSuite(parent: Command): void {
  const command = benchmark(parent, 'schema-suite', 'the JSON Schema Test Suite, by keyword', false)
    .requiredOption('--data <file>', 'the suite as one JSON file: { file: groups }')
    .option('--remotes <file>', 'documents that it refers to; default: remotes.json beside it')
    .option('--draft <n>', 'draft of schemas that name none', integer(4), 2020)
  runs<SuiteOptions>(command, {}, schemaSuite)
}

function addObjects(parent: Command): void {
  const command = benchmark(
    parent,
    'objects',
    "objects of random schemas at temperature 1, each judged by Ajv: JSONSchemaBench's metrics",
    false,
  )
    .option('--model <names>', 'comma-separated names or paths', names, ['stories', 'smollm2-135m'])
    .option('--data <file>', "schemas in MaskBench's form", SCHEMAS)
    .option('--generations <n>', 'how many, of each model', integer(1), 2000)
    .option('--tokens <n>', 'most tokens of each', integer(1), 160)
    .option('--minutes <n>', 'stop after these; the same command goes on', integer(1))
    .option('--state <file>', 'where generations are kept (default: in bench/results, by model, seed and tokens)')
    .option('--fresh', 'begin again')
  runs<ObjectsOptions>(command, { generations: 60 }, objects)
}

/** The command line of the benchmarks. */
export function program(): Command {
  const top = new Command('bench').description('End-to-end measurements. Results go to bench/results.')
  for (const add of [
    addPlain,
    addSteps,
    addQuality,
    addIdentity,
    addLaw,
    addAligned,
    addSpec,
    addPaper,
    addPeers,
    addNeverSlower,
    addSampledDrafts,
    addReplay,
    addReceipts,
    addBrowser,
    addWebgpu,
    addOpening,
    addEndurance,
    addMask,
    addMaskFuzz,
    addMaskCode,
    addJson,
    addSchemaSuite,
    addObjects,
  ])
    add(top)
  return top
}
