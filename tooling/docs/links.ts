import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { listFiles, type Problem } from '../workspace/packages.ts'

const FENCE = /^(```|~~~)[\s\S]*?^\1/gm

/** The anchor that a Markdown heading gets on GitHub. */
export function anchorOf(heading: string): string {
  const text = heading.trim().toLowerCase()
  return text.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-')
}

function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of text.replace(FENCE, '').matchAll(/^#{1,6}\s+(.*)$/gm)) {
    const base = anchorOf(heading)
    let anchor = base
    for (let n = 1; anchors.has(anchor); n++) anchor = `${base}-${n}`
    anchors.add(anchor)
  }
  return anchors
}

/** Relative links of one page that lead nowhere. Addresses of the web are not visited. */
export function checkPage(root: string, page: string): Problem[] {
  const text = readFileSync(join(root, page), 'utf8')
  const problems: Problem[] = []
  for (const [, target = ''] of text.replace(FENCE, '').matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue
    const [path = '', anchor] = target.split('#')
    const file = path === '' ? page : join(dirname(page), path)
    if (!existsSync(join(root, file))) {
      problems.push({ file: page, message: `links to ${target}, which is not there.` })
    } else if (anchor && file.endsWith('.md') && !anchorsOf(readFileSync(join(root, file), 'utf8')).has(anchor)) {
      problems.push({ file: page, message: `links to ${target}, but ${file} has no such heading.` })
    }
  }
  return problems
}

/** Checks the links of every Markdown page of the repository. */
export function checkLinks(root: string): Problem[] {
  return listFiles(root)
    .filter((file) => file.endsWith('.md'))
    .flatMap((page) => checkPage(root, page))
}
