// `pnpm docs`: writes what is generated from manifests.
import { writePages } from './pages.ts'

const written = await writePages()
console.log(written.length === 0 ? 'Everything is current.' : `Wrote ${written.join(', ')}.`)
