/** Weaknesses of JavaScript by their numbers in the Common Weakness Enumeration, https://cwe.mitre.org. */
import type { CodeRule } from './rule.ts'

/** A word in upper and lower case. */
const anyCase = (word: string): string => Array.from(word, (c) => `[${c.toLowerCase()}${c.toUpperCase()}]`).join('')
const SECRETS = ['password', 'passwd', 'secret', 'token', 'apikey', 'api_key'].map(anyCase).join('|')
const SQL = ['select', 'insert', 'update', 'delete'].map(anyCase).join('|')

/** What `secureCode` keeps out of JavaScript. Filter the list to leave one out, add to it for rules of your own. */
export const javascriptRules: readonly CodeRule[] = [
  {
    name: 'eval',
    why: 'A text that somebody else had a hand in becomes code.',
    reference: 'CWE-95',
    forbid: '[^\\w$](?:eval|execScript)[^\\w$]|[^\\w$]Function\\s*\\(',
  },
  {
    name: 'text-timer',
    why: 'A timer that is given a text runs it as code.',
    reference: 'CWE-95',
    forbid: '[^\\w$](?:setTimeout|setInterval)\\s*\\(\\s*["\'`]',
  },
  {
    name: 'raw-html',
    why: 'Markup from data runs as script in the page.',
    reference: 'CWE-79',
    forbid:
      '\\.\\s*(?:innerHTML|outerHTML)\\s*\\+?=[^=]|\\.\\s*insertAdjacentHTML\\s*\\(|[^\\w$]document\\s*\\.\\s*writeln?\\s*\\(|dangerouslySetInnerHTML',
  },
  {
    name: 'shell',
    why: 'A shell runs what data puts into its command line; use execFile or spawn with a list of arguments.',
    reference: 'CWE-78',
    forbid:
      '[^\\w$.](?:exec|execSync)\\s*\\(|[^\\w$](?:child_process|childProcess|cp)\\s*\\.\\s*exec(?:Sync)?\\s*\\(|[^\\w$]shell\\s*:\\s*true[^\\w$]',
  },
  {
    name: 'sql-text',
    why: 'Data put into the text of a query becomes part of the query; use parameters.',
    reference: 'CWE-89',
    inStrings: true,
    forbid: `["'\`]\\s*(?:${SQL})\\s[^;]*(?:["'\`]\\s*\\+|\\$\\{)`,
  },
  {
    name: 'weak-hash',
    why: 'Collisions of MD5 and SHA-1 can be made.',
    reference: 'CWE-328',
    inStrings: true,
    forbid: `createHash\\s*\\(\\s*["'\`](?:${['md4', 'md5', 'sha1'].map(anyCase).join('|')})["'\`]`,
  },
  {
    name: 'weak-randomness',
    why: 'Math.random can be foretold; use crypto.randomBytes or crypto.getRandomValues.',
    reference: 'CWE-338',
    forbid: `(?:${[SECRETS, ...['salt', 'nonce', 'session'].map(anyCase)].join('|')})[^;]*Math\\s*\\.\\s*random[^\\w$]`,
  },
  {
    name: 'tls-unchecked',
    why: 'Without a checked certificate anybody in between reads and changes what is sent.',
    reference: 'CWE-295',
    inStrings: true,
    forbid: '[^\\w$]rejectUnauthorized["\'`]?\\s*:\\s*(?:false|0|!1)[^\\w$]|NODE_TLS_REJECT_UNAUTHORIZED',
  },
  {
    name: 'prototype-pollution',
    why: 'Writing through __proto__ changes every object.',
    reference: 'CWE-1321',
    inStrings: true,
    forbid: '__proto__',
  },
  {
    name: 'written-secret',
    why: 'A secret in code is known to all who can read it.',
    reference: 'CWE-798',
    inStrings: true,
    forbid: `(?:${SECRETS})["'\`]?\\s*[:=]\\s*["'\`][^"'\`]`,
  },
  {
    name: 'disguise',
    why: 'Escaped names and old comment marks hide code from readers and from these rules.',
    reference: 'CWE-506',
    unit: 'line',
    forbid: '\\\\u|<!--|^\\s*-->|^\\s*#!',
  },
]
