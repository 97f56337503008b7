import { defineConfig } from 'vite'

const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

export default defineConfig(({ command }) => ({
  base: './',
  // In development the packages are read from their sources; the site is built from what is published.
  resolve: command === 'serve' ? { conditions: ['@foretoken/source', 'module', 'browser', 'development'] } : {},
  optimizeDeps: { exclude: ['onnxruntime-web'] },
  server: { headers: ISOLATION },
  preview: { headers: ISOLATION },
  worker: { format: 'es' },
  build: { target: 'es2022', reportCompressedSize: false, chunkSizeWarningLimit: 1000 },
}))
