import { ForetokenError } from '@foretoken/core'
import { CommanderError } from 'commander'
import { createProgram } from './program.ts'
import { colors, note } from './terminal.ts'

try {
  await createProgram().parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode
  else if (ForetokenError.is(error)) {
    note(`${colors.red('error')} ${colors.dim(error.code)} ${error.message}`)
    process.exitCode = error.code === 'ABORTED' ? 130 : 1
  } else throw error
}
