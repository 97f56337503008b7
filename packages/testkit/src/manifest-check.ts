import { CAPABILITIES, type Manifest, type PluginKind, SPEC_VERSION } from '@foretoken/core'
import { check, checkEqual } from './assertions.ts'

/** @throws Unless the manifest is complete. */
export function checkManifest(manifest: Manifest, kind: PluginKind): void {
  checkEqual(manifest.specVersion, SPEC_VERSION, 'Manifest.specVersion')
  checkEqual(manifest.kind, kind, 'Manifest.kind')
  check(manifest.name.length > 0, 'Manifest.name is empty.')
  for (const capability of manifest.requires) {
    check(CAPABILITIES.includes(capability), `Manifest.requires holds "${capability}", which is no capability.`)
  }
  const { paper } = manifest
  if (paper === undefined) return
  check(/^https?:\/\//.test(paper.url), `Manifest.paper.url is "${paper.url}"; an address was expected.`)
  check(paper.title.length > 0 && paper.authors.length > 0, 'Manifest.paper needs a title and authors.')
}
