/** What stands around a call in the format of Hermes models. */
export const HERMES = { open: '<tool_call>', close: '</tool_call>' } as const

/** The beginning of a call in plain JSON. */
export const JSON_CALL: RegExp = /\{[ \t\n\r]*"name"[ \t\n\r]*:/
