// Keeps the site for use without a network, and hands out its files with the headers that threads need.
const CACHE = 'foretoken-playground'

self.addEventListener('install', (event) => event.waitUntil(keepAll().then(() => self.skipWaiting())))
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', (event) => {
  const isOurs = new URL(event.request.url).origin === self.location.origin
  if (isOurs && event.request.method === 'GET' && !event.request.headers.has('range')) event.respondWith(answer(event.request))
})

/** Keeps the page and its assets, and drops those of earlier builds. */
async function keepAll() {
  const names = await (await fetch('assets.json', { cache: 'no-cache' })).json()
  const wanted = ['./', ...names].map((name) => new URL(name, self.registration.scope).href)
  const cache = await caches.open(CACHE)
  for (const request of await cache.keys()) if (!wanted.includes(request.url)) await cache.delete(request)
  for (const url of wanted) if (!(await cache.match(url))) await cache.put(url, isolated(await fetch(url)))
}

/** Assets are named by their content: what is kept is right. Of the page, the newest there is. */
async function answer(request) {
  const cache = await caches.open(CACHE)
  const isAsset = new URL(request.url).pathname.includes('/assets/')
  const kept = await cache.match(request, { ignoreSearch: true, ignoreVary: true })
  if (isAsset && kept) return kept
  try {
    return isolated(await fetch(request))
  } catch (error) {
    if (kept) return kept
    throw error
  }
}

function isolated(response) {
  if (response.status === 0) return response
  const headers = new Headers(response.headers)
  headers.set('Cross-Origin-Opener-Policy', 'same-origin')
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp')
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}
