import type { Command } from 'commander'

type Register = (program: Command) => void

/** Every command of `chorus`: only the one that is asked for is loaded, for most of its time is reading modules. */
export const commands: Readonly<Record<string, () => Promise<Register>>> = {
  up: async () => (await import('./stack-commands/up.js')).registerUp,
  down: async () => (await import('./stack-commands/down.js')).registerDown,
  status: async () => (await import('./stack-commands/status.js')).registerStatus,
  logs: async () => (await import('./stack-commands/logs.js')).registerLogs,
  reset: async () => (await import('./stack-commands/reset.js')).registerReset,
  order: async () => (await import('./order-commands/order.js')).registerOrder,
  explain: async () => (await import('./explain-commands/explain.js')).registerExplain,
  console: async () => (await import('./console-commands/console.js')).registerConsole,
  token: async () => (await import('./order-commands/token.js')).registerToken,
  bench: async () => (await import('./bench-commands/bench.js')).registerBench,
  audit: async () => (await import('./audit-commands/audit.js')).registerAudit,
  dlq: async () => (await import('./letter-commands/dlq.js')).registerDlq,
  doctor: async () => (await import('./doctor-commands/doctor.js')).registerDoctor,
  chaos: async () => (await import('./chaos-commands/chaos.js')).registerChaos,
  'crash-points': async () => (await import('./crash-point-commands/crash-points.js')).registerCrashPoints,
  docs: async () => (await import('./docs-commands/docs.js')).registerDocs,
  contracts: async () => (await import('./contract-commands/contracts.js')).registerContracts,
  recover: async () => (await import('./recover-commands/recover.js')).registerRecover,
  redrive: async () => (await import('./recover-commands/redrive.js')).registerRedrive,
  replay: async () => (await import('./recover-commands/replay.js')).registerReplay,
  backup: async () => (await import('./recover-commands/backup.js')).registerBackup,
  restore: async () => (await import('./recover-commands/restore.js')).registerRestore,
}
