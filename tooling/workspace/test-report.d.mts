interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}
export function countTests(text: string | undefined, code: number): Counts
export function closingLine(counts: Counts): string
export function failureLines(text: string | undefined): string[]
