export { manifest, type TemplateMethodOptions, templateMethod } from './sampler.ts'
