import './style.css'
import { playground } from './playground.ts'

playground(document.querySelector('#app') as HTMLElement)
