// dynalite on a free port of loopback: `node serve.js PACKAGE [FOLDER]`. Prints the port; ends when its stdin does, so
// that it never outlives who started it. Without a folder it keeps its tables in memory.
const [, , dynalite, folder] = process.argv
const server = require(dynalite)({ path: folder, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })

server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.resume().on('end', () => {
  server.close(() => process.exit())
  server.closeAllConnections()
})
