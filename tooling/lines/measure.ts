import ts from 'typescript'

/** Limits in lines; `core` counts lines of code, without comments and blank lines. */
export const LIMITS: {
  readonly file: number
  readonly function: number
  readonly decode: number
  readonly core: number
} = {
  file: 300,
  function: 50,
  decode: 150,
  core: 1500,
}

export interface FunctionSize {
  readonly name: string
  readonly line: number
  /** Lines from its first to its last, less those of functions inside it: a factory answers for its own statements. */
  readonly lines: number
  /** True when a comment before it, or the file's first comment, gives a reason: `Over the limit: …`. */
  readonly isExcused: boolean
}

export interface FileSize {
  readonly lines: number
  readonly isExcused: boolean
  readonly functions: readonly FunctionSize[]
}

const REASON = /Over the limit: \S/

function commentsBefore(node: ts.Node, text: string): string {
  const ranges = ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []
  return ranges.map(({ pos, end }) => text.slice(pos, end)).join('\n')
}

function nameOf(node: ts.Node): string {
  if ('name' in node && node.name) return (node.name as ts.Node).getText()
  const { parent } = node
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) return parent.name.getText()
  return 'an anonymous function'
}

function statementOf(node: ts.Node): ts.Node {
  let current = node
  while (current.parent && !ts.isStatement(current) && !ts.isClassElement(current)) current = current.parent
  return current
}

/** Measures one TypeScript source text. */
export function measure(path: string, text: string): FileSize {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line
  const isFileExcused = REASON.test(commentsBefore(source.statements[0] ?? source.endOfFileToken, text))
  const functions: FunctionSize[] = []

  /** Returns the lines of functions directly inside `node`, recording each. */
  const visit = (node: ts.Node): number => {
    let inner = 0
    ts.forEachChild(node, (child) => {
      inner += visit(child)
    })
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return inner
    const first = lineOf(node.getStart())
    const whole = lineOf(node.getEnd()) - first + 1
    const isExcused = isFileExcused || REASON.test(commentsBefore(statementOf(node), text))
    functions.push({ name: nameOf(node), line: first + 1, lines: Math.max(1, whole - inner), isExcused })
    return whole
  }
  visit(source)

  const lines = text.endsWith('\n') ? text.split('\n').length - 1 : text.split('\n').length
  return { lines, isExcused: isFileExcused, functions: functions.sort((a, b) => a.line - b.line) }
}
