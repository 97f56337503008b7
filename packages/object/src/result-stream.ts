import { ForetokenError } from '@foretoken/core'

/** Values on the way to a result. Reading them drives the generation; leaving a loop over them ends it. */
export interface ResultStream<Value, Result> extends AsyncIterable<Value> {
  /**
   * The result; reads what is left of the stream.
   * @throws What went wrong on the way. ABORTED after a loop over the stream that was left.
   */
  result(): Promise<Result>
}

/** A stream over a generator that returns its result. */
export function streamOf<Value, Result>(values: AsyncGenerator<Value, Result, undefined>): ResultStream<Value, Result> {
  let outcome: (() => Result) | undefined
  const read = async (): Promise<{ readonly value: Value } | undefined> => {
    if (outcome) return undefined
    try {
      const next = await values.next()
      if (!next.done) return next
      outcome ??= () => next.value
    } catch (error) {
      outcome ??= () => {
        throw error
      }
      throw error
    }
    return undefined
  }
  return {
    async *[Symbol.asyncIterator]() {
      try {
        for (let next = await read(); next; next = await read()) yield next.value
      } finally {
        if (!outcome) {
          outcome = () => {
            throw left()
          }
          await values.return(undefined as never)
        }
      }
    },
    async result() {
      while (!outcome) await read()
      return outcome()
    },
  }
}

function left(): ForetokenError {
  return new ForetokenError('ABORTED', 'The loop over the stream was left before its end; there is no result.', {
    fix: 'Read the stream to its end, or call result() alone.',
  })
}
