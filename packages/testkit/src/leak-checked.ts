import type { Model } from '@foretoken/core'

/** Counts the open states of a model and of all its forks. */
export interface LeakCheck {
  /** States that were opened and not disposed yet. */
  live(): number
}

/** A model that behaves as `model` and reports forks that nobody disposed. */
export function leakChecked<M extends Model>(model: M): { readonly model: M; readonly leaks: LeakCheck } {
  const open = new Set<object>()
  return { model: watch(model, open), leaks: { live: () => open.size } }
}

function watch<M extends Model>(model: M, open: Set<object>): M {
  open.add(model)
  async function dispose(): Promise<void> {
    await model.dispose()
    open.delete(model)
  }
  return new Proxy(model, {
    get(target, key) {
      if (key === 'fork') return () => watch(target.fork(), open)
      if (key === 'dispose' || key === Symbol.asyncDispose) return dispose
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
