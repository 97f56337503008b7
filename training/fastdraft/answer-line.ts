/** A line of a file of answers. */
export interface AnswerLine {
  readonly prompt: string
  readonly temperature: number
  /** The answer ended by itself. */
  readonly finished: boolean
  readonly tokens: number
  readonly text: string
}
