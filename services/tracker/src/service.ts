import { service } from '@chorus/chassis'
import type { Topology } from '@chorus/contracts'
import { consolePages } from './console/pages.js'
import type { ShopAddresses } from './console/try.js'
import { Changes } from './changes.js'
import { intake } from './intake.js'
import type { Local } from './local.js'
import { migrations } from './migrations.js'
import { routes } from './routes.js'
import type { System } from './system.js'

/** What the tracker looks at. */
export interface TrackerOptions {
  /** What the services declare of themselves. */
  topology: Topology
  /** How the running services are. */
  system: System
  /** Only where the stack runs on this machine. */
  local?: Local | undefined
  shop: ShopAddresses
}

/** Hears every topic and decides nothing: it tells how each flow goes, and what is missing in it. */
export const tracker = ({ topology, system, local, shop }: TrackerOptions) => {
  const changes = new Changes()
  return service({
    name: 'tracker',
    tables: {},
    reactions: [],
    commands: [],
    evolve: {},
    observes: intake(topology, changes),
    pages: (context) => consolePages({ ...context, topology, system, local, shop, changes }),
    routes: routes(topology, system),
    migrations,
  })
}
