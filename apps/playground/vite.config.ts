import { defineConfig, type Plugin } from 'vite'

const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** Lists what the service worker keeps: everything but the larger runtime, which is loaded where WebGPU is asked for. */
const assetList: Plugin = {
  name: 'asset-list',
  generateBundle(_, bundle) {
    const names = Object.keys(bundle).filter((name) => !/asyncify|\.html$/.test(name))
    this.emitFile({ type: 'asset', fileName: 'assets.json', source: JSON.stringify(names) })
  },
}

export default defineConfig(({ command }) => ({
  base: './',
  plugins: [assetList],
  // In development the packages are read from their sources; the site is built from what is published.
  resolve: command === 'serve' ? { conditions: ['@foretoken/source', 'module', 'browser', 'development'] } : {},
  optimizeDeps: { exclude: ['onnxruntime-web'] },
  server: { headers: ISOLATION },
  preview: { headers: ISOLATION },
  worker: { format: 'es' },
  build: { target: 'es2022', reportCompressedSize: false, chunkSizeWarningLimit: 1000 },
}))
