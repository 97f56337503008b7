// Opens a checkpoint in a process of its own and prints what it did: `open.ts FILE CACHE`.
import { openModel } from '../src/node/index.ts'

const [file, cacheFolder] = process.argv.slice(2) as [string, string]
let converted = false
const model = await openModel(file, {
  cacheFolder,
  onProgress: ({ phase }) => {
    converted ||= phase === 'convert'
  },
})
process.stdout.write(JSON.stringify({ folder: model.folder, converted }))
