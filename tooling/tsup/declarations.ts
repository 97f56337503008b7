import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'

const OPTIONS: ts.CompilerOptions = {
  declaration: true,
  isolatedDeclarations: true,
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2022,
  verbatimModuleSyntax: true,
}

/** The declarations of one module. Its imports name the built files. */
export function declarationsOf(fileName: string, text: string): string {
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(text, { fileName, compilerOptions: OPTIONS })
  const [first] = diagnostics
  if (first !== undefined) {
    throw new Error(`${fileName}: ${ts.flattenDiagnosticMessageText(first.messageText, '\n')} Run "pnpm typecheck".`)
  }
  return outputText.replace(/((?:from|import\()\s*['"]\.{1,2}\/[^'"]*)\.ts(?=['"])/g, '$1.js')
}

/**
 * Writes `dist/x.d.ts` for every `src/x.ts`. Exports state their types (`isolatedDeclarations`), so each module is
 * translated alone, in milliseconds, without a type check; the gates make that.
 */
export function writeDeclarations(folder: string): void {
  const source = join(folder, 'src')
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/(?<!\.d|\.test|\.test-d)\.ts$/.test(entry.name)) continue
    const file = join(entry.parentPath, entry.name)
    const target = join(folder, 'dist', relative(source, file).replace(/\.ts$/, '.d.ts'))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, declarationsOf(file, readFileSync(file, 'utf8')))
  }
}
