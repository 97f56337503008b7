import { library } from '../../tooling/tsup/config.ts'

export default library({ entry: ['src/index.ts', 'src/node/index.ts', 'src/web/index.ts'] })
