import { diag, DiagLogLevel } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { newId } from '../ids.js'
import type { Log } from '../log.js'

/**
 * Makes spans and sends them in batches, by OTLP over HTTP. The SDK reads its own settings (sampler, headers, pace)
 * from the environment, by their standard names.
 * @param endpoint base address of the receiver
 */
export function openProvider(service: string, endpoint: string, log: Log): BasicTracerProvider {
  const told = (message: string) => log.warn({ trouble: message.slice(0, 300) }, 'traces were not delivered')
  diag.setLogger(
    { error: told, warn: told, info: () => {}, debug: () => {}, verbose: () => {} },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
  const resource = resourceFromAttributes({
    'service.name': service,
    'service.namespace': 'chorus',
    'service.instance.id': newId(),
  })
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` })
  return new BasicTracerProvider({
    resource: defaultResource().merge(resource),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  })
}
