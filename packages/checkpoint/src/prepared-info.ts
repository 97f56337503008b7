import { badCheckpoint } from './bad-checkpoint.ts'
import { PREPARED_VERSION, type PreparedModel } from './prepared.ts'
import { parseObject } from './safetensors/header.ts'

/** Reads a `model.json`. Throws `BAD_CHECKPOINT` for one that is broken or of another version. */
export function parseInfo(text: string, path: string): PreparedModel {
  const info = parseObject(text, path)
  if (info.formatVersion !== PREPARED_VERSION) {
    throw badCheckpoint(
      `${path} has the version ${JSON.stringify(info.formatVersion)}; ${PREPARED_VERSION} was expected.`,
      { version: info.formatVersion },
      'Convert the checkpoint again.',
    )
  }
  return info as unknown as PreparedModel
}
