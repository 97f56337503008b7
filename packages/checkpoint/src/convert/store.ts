/** A file being written from front to back. */
export interface FileSink {
  /** Appends a copy of `bytes`; they may be overwritten afterwards. */
  append(bytes: Uint8Array): Promise<void>
  /** After it resolves the file is whole. */
  close(): Promise<void>
}

/**
 * The folder that conversion fills. Its owner makes it visible as a whole once conversion has resolved, and throws it away
 * when conversion rejects; open sinks included.
 */
export interface PreparedStore {
  create(name: string): Promise<FileSink>
}

/** Writes a whole file. */
export async function writeFile(store: PreparedStore, name: string, bytes: Uint8Array): Promise<void> {
  const sink = await store.create(name)
  await sink.append(bytes)
  await sink.close()
}
