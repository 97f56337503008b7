import { type Draft, depthOf, type Model } from '@foretoken/core'

/** What makes a draft unusable, as the object of "it drafted"; undefined when it fits. Its laws are checked by the decode loop. */
export function flawOf(draft: Draft, room: number, model: Model): string | undefined {
  const { tokens, parents, confidence } = draft
  if (tokens.length >= model.maximumRows) return `${tokens.length} nodes; a step has room for ${model.maximumRows - 1}`
  if (parents !== undefined && parents.length !== tokens.length)
    return `${parents.length} parents for ${tokens.length} nodes`
  if (confidence !== undefined && confidence.length !== tokens.length) {
    return `${confidence.length} confidences for ${tokens.length} nodes`
  }
  for (let node = 0; node < tokens.length; node++) {
    const token = tokens[node]!
    if (token < 0 || token >= model.vocabularySize) return `token ${token} of ${model.vocabularySize}`
    const parent = parents?.[node] ?? -1
    if (parent < -1 || parent >= node) return `parent ${parent} of node ${node}`
  }
  const depth = depthOf(draft)
  return depth > room ? `${depth} levels; there was room for ${room}` : undefined
}
