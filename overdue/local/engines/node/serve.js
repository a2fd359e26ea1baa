// dynalite on a free port of loopback: `node serve.js PACKAGE [FOLDER]`. Prints the port; ends when its stdin does, so
// that it never outlives who started it. Without a folder it keeps its tables in memory.
// Only requests signed with the access key OVERDUE_ENGINE_KEY pass, and none from a web page: see ../access.py.
const { timingSafeEqual, createHash } = require('crypto')
const [, , dynalite, folder] = process.argv
const key = process.env.OVERDUE_ENGINE_KEY
if (!key) throw new Error('OVERDUE_ENGINE_KEY is not set')
const server = require(dynalite)({ path: folder, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
const [answer] = server.listeners('request')

const digest = (text) => createHash('sha256').update(text).digest()

function refusal({ headers }) {
  const { port } = server.address()
  const names = ['localhost', '127.0.0.1', '[::1]'].map((name) => `${name}:${port}`)
  if (!names.includes((headers.host || '').toLowerCase())) return [421, 'this engine answers to its loopback address only']
  if ('origin' in headers) return [403, 'this engine does not serve web pages']
  const [, given] = /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\//.exec(headers.authorization || '') || []
  if (!timingSafeEqual(digest(given || ''), digest(key))) {
    return [403, "the request is not signed with this engine's access key"]
  }
}

server.removeAllListeners('request')
server.on('request', (request, response) => {
  const refused = refusal(request)
  if (!refused) return answer(request, response)
  request.resume()
  response.writeHead(refused[0], { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${refused[1]}\n`)
})

server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.resume().on('end', () => {
  server.close(() => process.exit())
  server.closeAllConnections()
})
