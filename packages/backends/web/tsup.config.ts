import { library } from '../../../tooling/tsup/config.ts'

export default library({ entry: ['src/index.ts', 'src/worker.ts'], platform: 'browser' })
