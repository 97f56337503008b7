#!/usr/bin/env node
import { join } from 'node:path'
// `pnpm foretoken …` inside the repository: brings the build up to date, then becomes the command.
import { pathToFileURL } from 'node:url'
import { prepare, root } from '../workspace/prepare.mjs'

await prepare('cli')
const program = join(root, 'apps', 'cli', 'dist', 'main.js')
process.argv[1] = program
await import(pathToFileURL(program).href)
