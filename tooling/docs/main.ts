// `pnpm docs`: writes what is generated from manifests.
import { writeMethodPages } from './methods.ts'

const written = await writeMethodPages()
console.log(written.length === 0 ? 'Everything is current.' : `Wrote ${written.join(', ')}.`)
