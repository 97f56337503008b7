import type { LinearForm } from '@foretoken/graph'
import { type Columns, floatColumns, quantizedColumns, quantizeMatrix } from './quantize.ts'

/** Bytes of a prepared tensor, or the next ones of it. */
export interface Part {
  readonly name: string
  readonly bytes: Uint8Array
}

/** A prepared matrix under construction, [inputs, outputs]. */
export interface MatrixBuilder extends Columns {
  /** The finished tensors. */
  parts(name: string): Part[]
}

/** @param rotate Applied to each row of the finished matrix, so to its outputs. */
export function matrixBuilder(
  form: LinearForm,
  inputs: number,
  outputs: number,
  rotate?: (rows: Float32Array) => void,
): MatrixBuilder {
  if (form.weights === 'int8' && !rotate) {
    const { put, matrix, scale } = quantizedColumns(inputs, outputs)
    return { put, parts: (name) => quantizedParts(name, matrix, scale) }
  }
  const { put, matrix } = floatColumns(inputs, outputs)
  return {
    put,
    parts(name) {
      rotate?.(matrix)
      if (form.weights === 'float32') return [part(name, matrix)]
      const quantized = quantizeMatrix(matrix, outputs)
      return quantizedParts(name, quantized.matrix, quantized.scale)
    },
  }
}

function quantizedParts(name: string, matrix: Int8Array, scale: Float32Array): Part[] {
  return [part(name, matrix), part(`${name}.scale`, scale)]
}

export function part(name: string, values: Float32Array | Uint16Array | Int8Array): Part {
  return { name, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) }
}
