export { type Meter, type Metered, metered } from './metered.ts'
export { transportBound } from './transport-bound.ts'
