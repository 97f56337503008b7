/**
 * Code that waits only where it must: a generator yields the promises it needs. What needs none is done at once, which spares a
 * round the promises, and its caller a timer, that would take longer than the thinking itself.
 */
export type Waiting<T> = Generator<Promise<unknown>, T, unknown>

/** The result: at once when nothing was waited for. */
export function settled<T>(steps: Waiting<T>): T | Promise<T> {
  const first = steps.next()
  return first.done ? first.value : waited(steps, first.value)
}

async function waited<T>(steps: Waiting<T>, first: Promise<unknown>): Promise<T> {
  for (let promise = first; ; ) {
    const next = await promise.then(
      (value) => () => steps.next(value),
      (reason: unknown) => () => steps.throw(reason),
    )
    const step = next()
    if (step.done) return step.value
    promise = step.value
  }
}
