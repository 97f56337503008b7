import { Command } from 'commander'
import { addBench } from './commands/bench.ts'
import { addChat } from './commands/chat.ts'
import { addInspect } from './commands/inspect.ts'
import { addModels } from './commands/models.ts'
import { addRun } from './commands/run.ts'
import { addVerify } from './commands/verify.ts'

export function createProgram(): Command {
  const program = new Command('foretoken')
    .description('Decode language models speculatively: faster than plain, identical to the last bit.')
    .showHelpAfterError('(run `foretoken --help` for the commands and options)')
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: true })
  for (const add of [addRun, addChat, addModels, addInspect, addBench, addVerify]) add(program)
  return program
}
