import type { CompiledSchema, Follower, MaskEngine } from '../engine.ts'
import type { MaskTokenizer } from '../vocabularies.ts'
import { spellingOf } from './spelling.ts'

interface Disposable_ {
  dispose(): void
}

interface Matcher extends Disposable_ {
  getNextTokenBitmask(): Promise<Int32Array>
  acceptToken(id: number): boolean
}

/** What is used of `@mlc-ai/web-xgrammar`. */
export interface XGrammar {
  readonly TokenizerInfo: {
    createTokenizerInfo(
      spelled: string[],
      kind: 'byte_level',
      prependSpace: boolean,
      size: number,
      stops: number[],
    ): Promise<Disposable_>
  }
  readonly GrammarCompiler: {
    createGrammarCompiler(info: Disposable_): Promise<{
      compileJSONSchema(
        schema: string,
        anyWhitespace: boolean,
        indent: -1,
        separators: [string, string],
        strict: boolean,
      ): Promise<Disposable_>
    }>
  }
  readonly GrammarMatcher: { createGrammarMatcher(compiled: Disposable_): Promise<Matcher> }
}

/**
 * XGrammar held to one line with the separators of the instances, and not to its strict mode, which takes properties that a
 * schema does not name for forbidden. An indent of -1 is one line; none given would be two blanks.
 */
export async function xgrammarEngine(library: XGrammar, tokenizer: MaskTokenizer): Promise<MaskEngine> {
  const spelled = Array.from({ length: tokenizer.vocabularySize }, (_, id) => spellingOf(tokenizer, id))
  const stops = Array.from(tokenizer.stopTokens)
  const info = await library.TokenizerInfo.createTokenizerInfo(
    spelled,
    'byte_level',
    false,
    tokenizer.vocabularySize,
    stops,
  )
  const compiler = await library.GrammarCompiler.createGrammarCompiler(info)
  return {
    name: 'xgrammar',
    async compile(schema): Promise<CompiledSchema> {
      const compiled = await compiler.compileJSONSchema(JSON.stringify(schema), false, -1, [', ', ': '], false)
      return {
        start: async () => followerOf(await library.GrammarMatcher.createGrammarMatcher(compiled), stops),
        states: () => 0,
        dispose: () => compiled.dispose(),
      }
    },
  }
}

function followerOf(matcher: Matcher, stops: readonly number[]): Follower {
  const allows = async (token: number): Promise<boolean> =>
    (((await matcher.getNextTokenBitmask())[token >> 5]! >> (token & 31)) & 1) === 1
  return {
    allows,
    advance(token) {
      if (!matcher.acceptToken(token)) throw new Error(`XGrammar refused token ${token}, which its mask allows.`)
    },
    isComplete: async () => (await Promise.all(stops.map(allows))).includes(true),
    dispose: () => matcher.dispose(),
  }
}
