export { manifest, type TemplateMethodOptions, templateMethod } from './drafter.ts'
