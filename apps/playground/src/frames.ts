export interface Frames {
  /** Draws in the next frame, once however often it is asked for. */
  ask(): void
  /** Draws now what was asked for. */
  finish(): void
}

/** Draws what changes faster than anybody sees once a frame. Pages that nobody looks at have none: `finish` at the end. */
export function frames(draw: () => void): Frames {
  let asked: number | undefined
  const now = () => {
    asked = undefined
    draw()
  }
  return {
    ask() {
      asked ??= requestAnimationFrame(now)
    },
    finish() {
      if (asked !== undefined) cancelAnimationFrame(asked)
      now()
    },
  }
}
