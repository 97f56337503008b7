// The browser's side of `pnpm bench webgpu`: models with random weights on the graphics device, stepped in turns.
import { type OnnxSession, onnxModel } from '@foretoken/backend-onnx'
import type { Model } from '@foretoken/core'
import {
  type Architecture,
  FLOAT32_FORM,
  int8Form,
  LINEAR_NAMES,
  type LinearForm,
  readDescription,
  syntheticGraph,
  type WeightForm,
} from '@foretoken/graph'
import * as ort from 'onnxruntime-web/webgpu'
import { deviceModel, requireDevice } from '../../packages/backends/web/src/device-session.ts'
import { findAdapter } from '../../packages/backends/web/src/gpu.ts'
import type { Form, FormsTask, FormTimes } from '../src/browser/page-interface.ts'

const everywhere = (linear: LinearForm): WeightForm => ({
  embedding: 'float32',
  foldedNorms: true,
  linear: Object.fromEntries(LINEAR_NAMES.map((name) => [name, linear])) as WeightForm['linear'],
})

/** With attention that has no kernel there and the cache in JavaScript, as any graph runs on any provider. */
async function inHost(graph: Uint8Array): Promise<Model> {
  const session = await ort.InferenceSession.create(graph, {
    executionProviders: ['webgpu'],
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
  })
  return onnxModel({
    session: session as unknown as OnnxSession,
    makeTensor: (type, data, dims) => new ort.Tensor(type, data as Float32Array, dims),
    description: readDescription(graph),
    where: { provider: 'webgpu', threads: 1, thread: 'caller' },
  })
}

async function onDevice(architecture: Architecture, form: WeightForm): Promise<Model> {
  const { device } = await requireDevice()
  const graph = syntheticGraph(architecture, { form, attention: 'in-place', cache: 'float32' })
  return deviceModel({ ort, device, graph })
}

function open(architecture: Architecture, form: Form): Promise<Model> {
  switch (form) {
    case 'float32, cache in the host':
      return inHost(syntheticGraph(architecture, { form: FLOAT32_FORM, attention: 'float', cache: 'float32' }))
    case 'int8 in integers, cache in the host':
      return inHost(syntheticGraph(architecture, { form: { ...int8Form(), embedding: 'float32' }, cache: 'float32' }))
    case 'float32':
      return onDevice(architecture, FLOAT32_FORM)
    case 'blocks of 8 bits':
      return onDevice(architecture, everywhere({ weights: 'blocks', bits: 8 }))
    case 'blocks of 4 bits':
      return onDevice(architecture, everywhere({ weights: 'blocks', bits: 4 }))
  }
}

const tokensOf = (count: number) => Int32Array.from({ length: count }, (_, i) => i + 1)

/** Times of greedy steps in ms, each form in turn. */
export async function forms({ architecture, forms, rows, context, repetitions }: FormsTask): Promise<FormTimes[]> {
  ort.env.wasm.numThreads = 1
  ort.env.logLevel = 'error'
  const models = new Map<Form, Model>()
  for (const form of forms) {
    const model = await open(architecture, form)
    await model.step({ tokens: tokensOf(context), logitsFor: new Int32Array(0) })
    model.commit(tokensOf(context).map((_, row) => row))
    models.set(form, model)
  }
  const times = forms.flatMap((form) => rows.map((count): FormTimes => ({ form, rows: count, ms: [] })))
  // The first time around shaders are compiled.
  for (let repetition = -1; repetition < repetitions; repetition++) {
    for (const { form, rows, ms } of times) {
      const started = performance.now()
      await models.get(form)?.step({ tokens: tokensOf(rows), wants: 'argmax' })
      if (repetition >= 0) ms.push(performance.now() - started)
    }
  }
  for (const model of models.values()) await model.dispose()
  return times
}

/** The adapter in words. */
export async function describeAdapter(): Promise<string> {
  const adapter = await findAdapter()
  const { vendor = '', architecture = '' } = (adapter?.info ?? {}) as { vendor?: string; architecture?: string }
  return `${vendor} ${architecture}, shader-f16: ${adapter?.features.has('shader-f16') ? 'yes' : 'no'}`
}
