import { ForetokenError } from '@foretoken/core'
import { program } from './program.ts'
import { say } from './report.ts'

try {
  await program().parseAsync()
} catch (error) {
  say(ForetokenError.is(error) ? `${error.code}: ${error.message}` : String((error as Error).stack ?? error))
  process.exitCode = 1
}
