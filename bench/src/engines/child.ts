// One engine in a process of its own, so that its memory is its own and its threads disturb nobody between requests.
import type { Engine, EngineModule, EngineSetup } from './engine.ts'
import type { Reply, Request } from './remote.ts'

const modules: Readonly<Record<string, () => Promise<EngineModule>>> = {
  foretoken: () => import('./foretoken.ts'),
  llama: () => import('./llama.ts'),
  transformers: () => import('./transformers.ts'),
}

let engine: Engine | undefined
let open: ((setup: EngineSetup) => Promise<Engine>) | undefined

async function answer(request: Request): Promise<unknown> {
  switch (request.kind) {
    case 'load': {
      const loaded = await (await modules[request.engine]!()).load()
      open = loaded.open
      return loaded.version
    }
    case 'open': {
      const start = performance.now()
      engine = await open!(request.setup)
      return performance.now() - start
    }
    case 'generate':
      return engine!.generate(Int32Array.from(request.prompt), request.count, request.stops)
    case 'predictions':
      return engine!.predictions?.()
    case 'memory':
      return process.resourceUsage().maxRSS * 1024
  }
}

process.on('message', async (request: Request) => {
  const reply = (value: Reply): void => void process.send?.(value)
  try {
    reply({ id: request.id, value: await answer(request) })
  } catch (error) {
    reply({ id: request.id, error: error instanceof Error ? error.message : String(error) })
  }
})
process.on('disconnect', () => process.exit(0))
