/** Memory for an output that each pass writes anew: passes that made arrays of their own would leave megabytes a second to the collector. */
export interface Room {
  /** At least so many bytes; what they held is lost. */
  take(bytes: number): ArrayBuffer
  /** Takes memory that nobody else needs. */
  give(memory: ArrayBuffer): void
}

/** @param most Bytes kept: larger outputs, as those of long prefills, are made anew. */
export function room(most: number = 2 ** 23): Room {
  let kept = new ArrayBuffer(0)
  return {
    take(bytes) {
      if (bytes > most) return new ArrayBuffer(bytes)
      // What was handed to another thread has no bytes here any more.
      if (kept.byteLength < bytes) kept = new ArrayBuffer(Math.min(most, 2 * bytes))
      return kept
    },
    give(memory) {
      if (memory.byteLength > kept.byteLength && memory.byteLength <= most) kept = memory
    },
  }
}
