/// <reference types="vite/client" />
import './style.css'
import { playground } from './playground.ts'

playground(document.querySelector('#app') as HTMLElement)

if (import.meta.env.PROD) void navigator.serviceWorker?.register('./service-worker.js')
