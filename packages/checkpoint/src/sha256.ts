/** A SHA-256 under way. */
export interface Sha256 {
  update(bytes: Uint8Array): Sha256
  /** In hexadecimal; nothing may follow. */
  digest(): string
}

const BLOCK = 64

/** First 32 bits of the fractional part of a root. */
const fraction = (root: number): number => ((root - Math.floor(root)) * 2 ** 32) | 0

const PRIMES = primes(64)
/** FIPS 180-4, section 4.2.2: from the cube roots of the first 64 primes. */
const K = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)))

/** SHA-256 of bytes that come in parts (FIPS 180-4): `crypto.subtle` takes whole files in memory only. */
export function sha256(): Sha256 {
  const state = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)))
  const schedule = new Int32Array(64)
  const rest = new Uint8Array(BLOCK)
  const view = new DataView(rest.buffer)
  let length = 0
  const hash: Sha256 = {
    update(bytes) {
      let at = 0
      const begun = length % BLOCK
      length += bytes.length
      if (begun > 0) {
        at = Math.min(BLOCK - begun, bytes.length)
        rest.set(bytes.subarray(0, at), begun)
        if (begun + at < BLOCK) return hash
        compress(state, schedule, view, 0)
      }
      const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (; at + BLOCK <= bytes.length; at += BLOCK) compress(state, schedule, source, at)
      rest.set(bytes.subarray(at))
      return hash
    },
    digest() {
      const bits = length * 8
      const begun = length % BLOCK
      rest[begun] = 0x80
      rest.fill(0, begun + 1)
      if (begun >= BLOCK - 8) {
        compress(state, schedule, view, 0)
        rest.fill(0)
      }
      view.setUint32(BLOCK - 8, Math.floor(bits / 2 ** 32))
      view.setUint32(BLOCK - 4, bits >>> 0)
      compress(state, schedule, view, 0)
      return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
    },
  }
  return hash
}

/** FIPS 180-4, section 6.2.2. */
function compress(state: Int32Array, w: Int32Array, block: DataView, at: number): void {
  for (let t = 0; t < 16; t++) w[t] = block.getInt32(at + 4 * t)
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15]!
    const y = w[t - 2]!
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    w[t] = (s1 + w[t - 7]! + s0 + w[t - 16]!) | 0
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
  for (let t = 0; t < 64; t++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[t]! + w[t]!) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  ;[a, b, c, d, e, f, g, h].forEach((word, i) => {
    state[i] = (state[i]! + word) | 0
  })
}

function primes(count: number): number[] {
  const found: number[] = []
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n)
  return found
}
