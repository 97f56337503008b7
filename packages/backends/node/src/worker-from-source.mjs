// The worker for tests and scripts that run from source: Node 20 reads TypeScript only through a loader.
import { register } from 'tsx/esm/api'

register()
await import('./worker.ts')
