import type { PagesContext } from '@chorus/chassis'
import type { Topology } from '@chorus/contracts'
import { Router } from 'express'
import type { Changes } from '../intake.js'
import type { Local } from '../local.js'
import type { System } from '../system.js'
import type { ShopAddresses } from './try.js'

export interface ConsoleOptions extends PagesContext {
  topology: Topology
  system: System
  local: Local | undefined
  shop: ShopAddresses
  changes: Changes
}

/** The web console. */
export const consolePages = (_options: ConsoleOptions): Router => Router()
