import type { Command } from 'commander'
import { registerAudit } from './audit-commands/audit.js'
import { registerBench } from './bench-commands/bench.js'
import { registerChaos } from './chaos-commands/chaos.js'
import { registerConsole } from './console-commands/console.js'
import { registerContracts } from './contract-commands/contracts.js'
import { registerCrashPoints } from './crash-point-commands/crash-points.js'
import { registerDocs } from './docs-commands/docs.js'
import { registerDoctor } from './doctor-commands/doctor.js'
import { registerExplain } from './explain-commands/explain.js'
import { registerDlq } from './letter-commands/dlq.js'
import { registerOrder } from './order-commands/order.js'
import { registerToken } from './order-commands/token.js'
import { registerBackup } from './recover-commands/backup.js'
import { registerRecover } from './recover-commands/recover.js'
import { registerRedrive } from './recover-commands/redrive.js'
import { registerReplay } from './recover-commands/replay.js'
import { registerRestore } from './recover-commands/restore.js'
import { registerDown } from './stack-commands/down.js'
import { registerLogs } from './stack-commands/logs.js'
import { registerReset } from './stack-commands/reset.js'
import { registerStatus } from './stack-commands/status.js'
import { registerUp } from './stack-commands/up.js'

/** Every command of `chorus`: a new one is a function here. */
export const commands: readonly ((program: Command) => void)[] = [
  registerUp,
  registerDown,
  registerStatus,
  registerLogs,
  registerReset,
  registerOrder,
  registerExplain,
  registerConsole,
  registerToken,
  registerBench,
  registerAudit,
  registerDlq,
  registerDoctor,
  registerChaos,
  registerCrashPoints,
  registerDocs,
  registerContracts,
  registerRecover,
  registerRedrive,
  registerReplay,
  registerBackup,
  registerRestore,
]
