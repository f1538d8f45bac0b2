import { pino, type Logger } from 'pino'

/** JSON lines on standard output; never payloads, never secrets. */
export type Log = Logger

/** Opens a service's log. Errors are told by type, message and stack; database errors carry row values, so not those. */
export const openLog = (name: string, level: string): Log =>
  pino({
    name,
    level,
    base: { service: name },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ['req.headers.authorization', 'req.headers.cookie'],
    serializers: {
      err: (error: Error & { code?: string }) => ({
        type: error.name,
        message: error.message,
        code: error.code,
        stack: error.stack,
      }),
    },
  })
