import { library } from '../../tooling/tsup/config.ts'

export default library({
  entry: ['src/main.ts'],
  platform: 'node',
  target: 'node20',
  dts: false,
  banner: { js: '#!/usr/bin/env node' },
})
