import { library } from '../../../tooling/tsup/config.ts'

export default library()
