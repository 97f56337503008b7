import type { PreparedStore } from '../convert/store.ts'

/** A store that fills `files`. */
export function memoryStore(files: Map<string, Uint8Array>): PreparedStore {
  return {
    async create(name) {
      const parts: Uint8Array<ArrayBuffer>[] = []
      return {
        async append(bytes) {
          parts.push(Uint8Array.from(bytes))
        },
        async close() {
          files.set(name, new Uint8Array(await new Blob(parts).arrayBuffer()))
        },
      }
    },
  }
}
