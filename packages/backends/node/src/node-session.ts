import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import {
  hasExactSignedIntegers,
  type MakeTensor,
  type OnnxSession,
  onnxModel,
  type PlacedModel,
} from '@foretoken/backend-onnx'
import { ForetokenError } from '@foretoken/core'
import { readDescription } from '@foretoken/graph'
import ort from 'onnxruntime-node'
import { unsignedCopy } from './unsigned-copy.ts'

/** An execution provider by name, with its own settings if it has any: `'cpu'`, `{ name: 'cuda', deviceId: 1 }`. */
export type Provider = string | ({ readonly name: string } & Readonly<Record<string, unknown>>)

export interface SessionOptions {
  /** Threads of one forward pass. Default: all that the machine has. */
  readonly threads?: number
  /** Execution providers in order of preference; each must be one that the installed runtime lists. Default `['cpu']`. */
  readonly providers?: readonly Provider[]
  /** Most rows of one step. Default 128. */
  readonly maximumRows?: number
  /** Take the graph whose sub-layers can be skipped, which `openModel` prepares with the same option. Default false. */
  readonly skippable?: boolean
}

/** Loads a prepared model folder in this thread. Every step blocks the thread while it runs. */
export async function openModelHere(folder: string, options: SessionOptions): Promise<PlacedModel> {
  const name = options.skippable ? 'graph.skippable' : 'graph'
  const path = join(folder, `${name}.onnx`)
  const model = await readGraph(path, folder, options)
  const description = readDescription(model)
  const isReadable =
    !description.quantized || (await hasExactSignedIntegers((probe) => createSession(probe, options), makeTensor))
  const session = await createSession(isReadable ? path : await unsignedCopy(folder, name, model), options)
  return onnxModel({
    session,
    makeTensor,
    description,
    writesToGiven: true,
    where: { provider: providerOf(options), threads: threadsOf(options), thread: 'caller' },
    ...(options.maximumRows !== undefined && { maximumRows: options.maximumRows }),
  })
}

const DEFAULT_PROVIDERS: readonly Provider[] = ['cpu']

/** The provider that comes first. */
function providerOf({ providers: [first = 'cpu'] = DEFAULT_PROVIDERS }: SessionOptions): string {
  return typeof first === 'string' ? first : first.name
}

const threadsOf = ({ threads = availableParallelism() }: SessionOptions): number => threads

const makeTensor: MakeTensor = (type, data, dims) => new ort.Tensor(type, data as Float32Array, dims)

async function readGraph(path: string, folder: string, { skippable }: SessionOptions): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new ForetokenError('NOT_FOUND', `${folder} holds no ${basename(path)}.`, {
      fix: `Give a folder that openModel prepared${skippable ? ' with skippable: true' : ''}.`,
      details: { folder },
      cause,
    })
  }
}

/** A session over a graph file, or over a graph's bytes. */
async function createSession(model: string | Uint8Array, options: SessionOptions): Promise<OnnxSession> {
  const { providers = DEFAULT_PROVIDERS } = options
  try {
    const session = await ort.InferenceSession.create(model as string, {
      executionProviders: [...providers] as ort.InferenceSession.ExecutionProviderConfig[],
      intraOpNumThreads: threadsOf(options),
      interOpNumThreads: 1,
      executionMode: 'sequential',
      // The graph is written in the fused form already; rewriting it could change the order of sums.
      graphOptimizationLevel: 'disabled',
      // Which nodes a provider leaves to the processor is no news.
      logSeverityLevel: 3,
    })
    return session as unknown as OnnxSession
  } catch (cause) {
    const what = typeof model === 'string' ? model : 'a graph'
    throw new ForetokenError('BACKEND_FAILED', `ONNX Runtime could not load ${what}: ${reason(cause)}.`, {
      fix: 'Convert the checkpoint again, or choose other providers.',
      cause,
    })
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

/** Throws `BAD_OPTION` for options that cannot be met here, naming what can. */
export function checkSessionOptions(options: SessionOptions): void {
  const listed = ort.listSupportedBackends().map(({ name }) => name)
  for (const provider of options.providers ?? []) {
    const name = typeof provider === 'string' ? provider : provider.name
    if (!listed.includes(name)) {
      throw new ForetokenError('BAD_OPTION', `The execution provider ${name} is not in the installed ONNX Runtime.`, {
        fix: `Choose from ${listed.join(', ')}.`,
        details: { provider: name, available: listed },
      })
    }
  }
  for (const name of ['threads', 'maximumRows'] as const) {
    const value = options[name]
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      throw new ForetokenError('BAD_OPTION', `${name} is ${value}; expected a positive integer.`, {
        fix: `Change ${name}.`,
      })
    }
  }
}
