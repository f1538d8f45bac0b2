import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { SHARES } from './quantiles.js'
import { reportText, type BenchReport } from './report-text.js'

const asset = (name: string) =>
  readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), 'utf8')
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
/** JSON that cannot end its script element. */
const embedded = (value: unknown) => JSON.stringify(value).replaceAll('<', '\\u003c')

const STYLE = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
  :root { color-scheme: light; background: #fff; color: #222 } pre { overflow-x: auto; font-size: 13px; background: #f4f4f5; padding: 1rem }
  figure { margin: 2rem 0; overflow-x: auto } figcaption { font-weight: 600 }`

const PLOT = `
const colors = ['#2563eb', '#dc2626', '#059669', '#d97706', '#7c3aed', '#0891b2', '#be185d', '#4d7c0f', '#334155', '#a16207', '#9333ea', '#0f766e', '#b91c1c'];
function plot(id, xLabel, yLabel, xs, series, scales) {
  const target = document.getElementById(id);
  if (!xs.length || !series.length) return target.closest('figure').remove();
  new uPlot({
    width: Math.min(900, document.body.clientWidth), height: 320, scales,
    axes: [{ label: xLabel }, { label: yLabel }],
    series: [{ label: xLabel }, ...series.map(({ name }, i) => ({ label: name, stroke: colors[i % colors.length], width: 2 }))],
  }, [xs, ...series.map(({ values }) => values)], target);
}
const loads = Object.entries(report.loads).map(([name, windows]) => ({ name, last: windows.at(-1) }));
const longest = Math.max(0, ...loads.map(({ last }) => last.throughput.length));
plot('throughput', 'second of the window', 'orders ended', Array.from({ length: longest }, (_, i) => i + 1),
  loads.map(({ name, last }) => ({ name, values: last.throughput })), { x: { time: false } });
plot('latency', 'share of orders, %', 'ms until the end was committed', report.latencyShares,
  loads.map(({ name, last }) => ({ name, values: last.latency })), { x: { time: false }, y: { distr: 3 } });
const hops = report.lone ? report.lone.hops : [];
plot('hops', 'event of a lone order (1: OrderCreated)', 'ms since the request', hops.map((_, i) => i + 1),
  hops.length ? [{ name: 'at', values: hops.map((hop) => hop.atMs) }, { name: 'took', values: hops.map((hop) => hop.tookMs) }] : [], { x: { time: false } });
`

const figure = (id: string, caption: string) =>
  `<figure><figcaption>${caption}</figcaption><div id="${id}"></div></figure>`

/** A report as one HTML file that needs nothing else. */
export function reportHtml(report: BenchReport): string {
  const hops = (report.lone?.hops ?? [])
    .map(({ service, type }, i) => `${i + 1}: ${service} ${type}`)
    .join(', ')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Chorus bench, ${report.at}</title><style>${asset('uPlot.min.css')} ${STYLE}</style></head>
<body><h1>Chorus bench</h1><p>${report.at}</p>
<pre>${escaped(reportText(report))}</pre>
${figure('latency', 'Latency: how long the given share of the orders took at most')}
${figure('throughput', 'Throughput: orders that ended, second by second')}
${figure('hops', `Where the time of a lone order goes${hops && ` (${hops})`}`)}
<script>${asset('uPlot.iife.min.js')}</script>
<script>const report = ${embedded({ ...report, latencyShares: SHARES })};${PLOT}</script></body></html>
`
}
