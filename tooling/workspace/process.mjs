// Child processes with a quiet face: a step shows one line, and its output only when it fails.
import { spawn } from 'node:child_process'

const isWindows = process.platform === 'win32'

/** Writes a progress line for people; stdout stays free for results. */
export function say(text) {
  process.stderr.write(`${text}\n`)
}

/** Runs a command on this terminal and resolves with its exit code. An interrupt is left to the child. */
export function hand(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const ignore = () => {}
    process.on('SIGINT', ignore)
    const child = spawn(command, args, { stdio: 'inherit', ...options })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      process.off('SIGINT', ignore)
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1))
    })
  })
}

/** Runs a command silently and resolves with `{ code, output }`; `code` is −1 when it could not start. */
export function capture(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], shell: isWindows, ...options })
    const chunks = []
    child.stdout.on('data', (chunk) => chunks.push(chunk))
    child.stderr.on('data', (chunk) => chunks.push(chunk))
    child.on('error', (error) => resolve({ code: -1, output: String(error) }))
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }))
  })
}

/** Runs one step: `label … 12 s`. A failing step prints what it said and ends the process. */
export async function step(label, command, args, options) {
  const began = performance.now()
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(0)} s`
  const isLive = process.stderr.isTTY === true
  if (!isLive) process.stderr.write(`${label} … `)
  const timer = isLive ? setInterval(() => process.stderr.write(`\r${label} … ${seconds()} `), 200) : undefined
  const { code, output } = await capture(command, args, options)
  clearInterval(timer)
  process.stderr.write(isLive ? `\r${label} … ${seconds()}\n` : `${seconds()}\n`)
  if (code === 0) return
  say(output.trim())
  say(`\n"${[command, ...args].join(' ')}" failed (exit code ${code}). The lines above say why.`)
  process.exit(code > 0 ? code : 1)
}
