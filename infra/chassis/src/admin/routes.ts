import type { Route } from '../routes.js'
import type { Service } from '../service.js'
import { consumptionRoutes } from './consumption.js'
import { deadLetterRoutes } from './dead-letters.js'

/** What every service offers its operators: one file a concern. */
const adminRoutes: readonly Route[] = [...deadLetterRoutes, ...consumptionRoutes]

/** All operations of a service: its own, and those for operators unless it only observes. */
export const routesOf = ({
  routes,
  observes,
}: Pick<Service, 'routes'> & Partial<Pick<Service, 'observes'>>): readonly Route[] =>
  observes ? routes : [...routes, ...adminRoutes]
