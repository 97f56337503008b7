export { fileSource, folderFiles } from './files.ts'
export { folderStore } from './folder-store.ts'
