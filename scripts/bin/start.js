// `npm start`: from a fresh clone to a running system, in this one process, so that Ctrl-C reaches the launcher.
import { SetupError, refuseOldNode, setUp } from './setup.js'

refuseOldNode()
const asked = process.argv.slice(2)
if (asked.includes('--help') || asked.includes('-h')) {
  console.log(`npm start [-- OPTIONS]

Installs what is missing, builds, starts the whole system and plays a short demonstration.
Every option of \`chorus up\` works: --detach, --free-ports, --home DIR, --cache DIR.
More: npx chorus --help`)
} else {
  try {
    await setUp()
    process.argv = [process.argv[0], 'chorus', 'up', '--demo', ...asked]
    await import('../dist/main.js')
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}
