import type { Architecture, GraphOptions } from '@foretoken/graph'
import { testBackend } from '@foretoken/testkit'
import { describe, it } from 'vitest'
import { GEMMA, LLAMA, RUNTIMES, syntheticModel } from '../fixtures/runtimes.ts'

describe.each(RUNTIMES)('$name', (runtime) => {
  const suite = (name: string, architecture: Architecture, options: Partial<GraphOptions> = {}, tokens = 40) =>
    testBackend({ describe, it }, { name, create: () => syntheticModel(runtime, architecture, options), tokens })

  suite('grouped heads', LLAMA, {}, 80)
  suite('wide heads, two norms a branch, local and global layers', GEMMA)
  suite('chains only, a sliding window', { ...LLAMA, family: 'mistral', slidingWindow: 7 }, { tree: false })
})
