import { contracts, goldenExamples, type EventContract, type Topology } from '@chorus/contracts'

const json = (value: unknown) => JSON.stringify(value, null, 2)

function versionView({ version, dataschema, schema }: EventContract) {
  const examples = goldenExamples.filter(({ headers }) => headers.ce_dataschema === dataschema)
  return { version, dataschema, schema: json(schema), examples: examples.map(json) }
}

/** Every event with its versions, newest first, and with those who have to do with it. */
export function contractsPage({ services }: Topology) {
  const types = [...new Set(contracts.map(({ type }) => type))]
  const events = types.map((type) => {
    const versions = contracts.filter((contract) => contract.type === type).toReversed()
    const [newest] = versions
    const { description } = newest!.schema as { description?: string }
    return {
      type,
      description,
      producer: newest!.producer,
      key: newest!.key,
      versions: versions.map(versionView),
      consumers: services.flatMap(({ name, hears }) => {
        const reads = hears[type]
        return reads ? [{ name, reads }] : []
      }),
      duties: services.flatMap(({ name, duties }) =>
        duties.flatMap((duty) => (duty.after === type ? [{ service: name, ...duty }] : [])),
      ),
    }
  })
  return {
    producers: services.map(({ name }) => ({
      name,
      events: events.filter(({ producer }) => producer === name),
    })),
  }
}
