/** A file being written from front to back. */
export interface FileSink {
  /** Appends a copy of `bytes`; they may be overwritten afterwards. */
  append(bytes: Uint8Array): Promise<void>
  /** After it resolves the file is whole. */
  close(): Promise<void>
}

/**
 * The folder that conversion fills. Its owner makes it visible as a whole once conversion has resolved, and throws it away
 * when conversion rejects, open sinks included.
 */
export interface PreparedStore {
  create(name: string): Promise<FileSink>
}

/** Creates a file, has `write` fill it, and closes it. */
export async function writeFile(
  store: PreparedStore,
  name: string,
  write: (sink: FileSink) => Promise<void>,
): Promise<void> {
  const sink = await store.create(name)
  await write(sink)
  await sink.close()
}
