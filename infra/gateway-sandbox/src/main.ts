import closeWithGrace from 'close-with-grace'
import { pino } from 'pino'
import { createGateway } from './app.js'
import { loadConfig } from './config.js'
import { Ledger } from './ledger.js'

const config = loadConfig()
const log = pino({ base: { service: 'gateway-sandbox' }, timestamp: pino.stdTimeFunctions.isoTime })
const server = createGateway(new Ledger(config.LEDGER_FILE)).listen(
  config.PORT,
  config.HOST,
  (error?: Error) => {
    if (error) throw error
    log.info({ port: config.PORT }, 'listening')
  },
)
closeWithGrace({ delay: 2000, logger: false }, async ({ err }) => {
  if (err) log.fatal({ err }, 'cannot go on')
  // Requests that the fault switch holds open never end by themselves.
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})
