export { fileSource, folderFiles } from './files.ts'
