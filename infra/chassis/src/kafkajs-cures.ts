import { createRequire } from 'node:module'
import net from 'node:net'
import tls from 'node:tls'
import type { ISocketFactory } from 'kafkajs'

interface RequestQueue {
  pending: unknown[]
  throttledUntil: number
  scheduleCheckPendingRequests(): void
}

interface Decoder {
  buffer: Buffer
  offset: number
  readVarInt(): number
  readVarIntArray(): { reduce(): Headers }
}

interface Cluster {
  findGroupCoordinatorMetadata(group: object): Promise<object>
}

let cured = false

/** Makes kafkajs faster where it is slow for no reason, and patient where it gives up for none; once a process. */
export function cureKafkajs(): void {
  if (cured) return
  cured = true
  const require = createRequire(import.meta.url)
  cureBusyTimer(require)
  cureHeaders(require)
  cureCoordinator(require)
}

/**
 * kafkajs 2.2.4 wakes up every millisecond for each idle connection, because it re-arms its check of pending
 * requests even when none is pending (about 4 % of a core a connection). This arms it only when there is one.
 */
function cureBusyTimer(require: NodeJS.Require): void {
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }
  const schedule = prototype.scheduleCheckPendingRequests
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this)
  }
}

/** The next text of a record, undecoded: its place in the bytes. Length -1 is none. */
function placeOf(decoder: Decoder): { from: number; length: number } {
  const length = decoder.readVarInt()
  const from = decoder.offset
  if (length > 0) decoder.offset += length
  return { from, length }
}

/** More headers than this are read without remembering their names. */
const MOST_NAMES = 32

/** Names that came last, by their place among the headers: nearly always they come again. */
const names: { bytes: Buffer; name: string }[] = []

const standsAt = (bytes: Buffer, buffer: Buffer, from: number): boolean => {
  for (let i = 0; i < bytes.length; i++) if (buffer[from + i] !== bytes[i]) return false
  return true
}

function readName(decoder: Decoder, place: number): string {
  const { from, length } = placeOf(decoder)
  const last = names[place]
  if (last?.bytes.length === length && standsAt(last.bytes, decoder.buffer, from)) return last.name
  const bytes = Buffer.from(decoder.buffer.subarray(from, from + length))
  const name = bytes.toString()
  if (place < MOST_NAMES) names[place] = { bytes, name }
  return name
}

function readValue(decoder: Decoder): string | null {
  const { from, length } = placeOf(decoder)
  return length === -1 ? null : decoder.buffer.toString('utf8', from, from + length)
}

type Headers = Record<string, string | null | (string | null)[]>

/** The headers of a record by name; one that comes several times is a list. */
function readHeaders(decoder: Decoder): Headers {
  const all: Headers = {}
  const count = decoder.readVarInt()
  for (let i = 0; i < count; i++) {
    const name = readName(decoder, i)
    const value = readValue(decoder)
    const before = all[name]
    all[name] = before === undefined || !Object.hasOwn(all, name) ? value : [before, value].flat()
  }
  return all
}

/**
 * kafkajs 2.2.4 makes two buffers and a text of each header of a record, and reduces them by copying all that it has
 * for each: with our thirteen most of what reading a record costs. Headers are read here in one go, their values as
 * text. Nothing else in kafkajs reads an array with a length of this kind.
 */
function cureHeaders(require: NodeJS.Require): void {
  const { prototype } = require('kafkajs/src/protocol/decoder') as { prototype: Decoder }
  prototype.readVarIntArray = function (this: Decoder) {
    const headers = readHeaders(this)
    return { reduce: () => headers }
  }
}

/**
 * kafkajs 2.2.4 ends a consumer for good when it reaches no broker to ask for its group's coordinator, though it
 * waits for brokers everywhere else: a service that starts on a busy machine would end. It tries again.
 */
function cureCoordinator(require: NodeJS.Require): void {
  const { prototype } = require('kafkajs/src/cluster') as { prototype: Cluster }
  const find = prototype.findGroupCoordinatorMetadata
  prototype.findGroupCoordinatorMetadata = async function (this: Cluster, group) {
    try {
      return await find.call(this, group)
    } catch (error) {
      const { name } = error as Error
      throw name === 'KafkaJSGroupCoordinatorNotFound'
        ? Object.assign(error as Error, { retriable: true })
        : error
    }
  }
}

/** Sockets without Nagle's delay: kafkajs writes small requests and waits for each answer. */
export const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket = ssl
    ? tls.connect({ host, port, ...(net.isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
    : net.connect({ host, port }, onConnect)
  socket.setKeepAlive(true, 60_000)
  socket.setNoDelay(true)
  return socket
}
