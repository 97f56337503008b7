type Child = Node | string
type Properties<T> = Partial<Omit<T, 'style' | 'dataset'>> & { readonly data?: Readonly<Record<string, string>> }

/** An element with properties and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  { data = {}, ...properties }: Properties<HTMLElementTagNameMap[K]> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name)
  Object.assign(made, properties)
  Object.assign(made.dataset, data)
  made.append(...children)
  return made
}
