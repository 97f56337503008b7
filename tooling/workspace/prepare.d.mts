/** Absolute path of the repository. */
export const root: string
/** Folders of the workspace's packages, relative to the root. */
export function packageFolders(): string[]
/** Ends the process with a clear message on a Node that is too old. */
export function checkNode(): void
/** Installs and builds what is missing or stale. */
export function prepare(scope?: 'all' | 'cli'): Promise<void>
/** Runs one step with the pinned pnpm; one that fails ends the process. */
export function pnpm(label: string, args: readonly string[]): Promise<void>
