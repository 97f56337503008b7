#!/usr/bin/env node
// `pnpm bench …`: runs the harness from source.
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { prepare, root } from '../workspace/prepare.mjs'
import { hand } from '../workspace/process.mjs'

await prepare('all')
const program = join(root, 'bench', 'src', 'main.ts')
// Node starts four threads that collect and compile, however few cores there are: one core stays with what is measured.
const pool = `--v8-pool-size=${Math.max(1, availableParallelism() - 1)}`
const flags = [pool, '--conditions=@foretoken/source', '--import', 'tsx']
process.exitCode = await hand(process.execPath, [...flags, program, ...process.argv.slice(2)], { cwd: root })
