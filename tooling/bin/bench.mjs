#!/usr/bin/env node
// `pnpm bench …`: runs the harness from source.
import { join } from 'node:path'
import { prepare, root } from '../workspace/prepare.mjs'
import { hand } from '../workspace/process.mjs'

await prepare('all')
const program = join(root, 'bench', 'src', 'main.ts')
const flags = ['--conditions=@foretoken/source', '--import', 'tsx']
process.exitCode = await hand(process.execPath, [...flags, program, ...process.argv.slice(2)], { cwd: root })
