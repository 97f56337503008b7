export { type RegexOptions, regex } from './regex.ts'
