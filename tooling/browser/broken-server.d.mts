import type { IncomingMessage, ServerResponse } from 'node:http'

type Handle = (request: IncomingMessage, response: ServerResponse, next: () => void) => void

/** A plugin for Vite. */
export function brokenServer(): {
  name: string
  configureServer(server: { middlewares: { use(handle: Handle): unknown } }): void
}
