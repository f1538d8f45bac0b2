import { amount, answerSchema, currency, type Route } from '@chorus/chassis'

interface Total {
  currency: string
  orders: string
  pieces: string
  payable: string
}

const count = { type: 'integer', minimum: 0 }

/** The REST interface of the tally. */
export const routes: Route[] = [
  {
    method: 'get',
    path: '/sales',
    access: 'public',
    summary: 'What was sold, by currency',
    answer: answerSchema('Sales', {
      items: {
        type: 'array',
        items: answerSchema('Total', { currency, orders: count, pieces: count, payable: amount }),
      },
    }),
    async read(knex) {
      const totals = knex<Total>('sales').groupBy('currency').select('currency')
      const rows = (await totals
        .count('* as orders')
        .sum({ pieces: 'pieces', payable: 'payable' })) as Total[]
      return {
        items: rows.map((row) => ({
          currency: row.currency,
          orders: Number(row.orders),
          pieces: Number(row.pieces),
          payable: Number(row.payable),
        })),
      }
    },
  },
]
