/** Messages and capture files over HTTP: one message a request, many as JSON lines, or a file of blocks. */
import type { Principal } from '@sluice/common/access';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { largestCaptureFile } from '../../modules/block/file';
import type { Refusal, Topic } from '../message/message';
import { type BlocksAnswer, isRemoteName, type Sender } from './blocks';
import { described } from './described';
import type { HttpAnswer } from './failure';
import type { DoorName } from './traffic';

/** A message as it comes in. */
export interface Incoming {
  payload: Uint8Array;
  /** Where it came to, if that says whose it is. */
  topic: Topic | undefined;
}

export interface Entries {
  receive(
    payload: Uint8Array,
    topic: Topic | undefined,
    sender: Principal,
  ): Promise<{ stored: number; duplicates: number } | { refusal: Refusal }>;
  /** Messages that came together; those refused are named by their places. */
  receiveAll(
    messages: readonly Incoming[],
    sender: Principal,
    door?: DoorName,
  ): Promise<{
    stored: number;
    duplicates: number;
    refused: readonly { index: number; refusal: Refusal }[];
  }>;
  receiveBlocks(file: Uint8Array, sender: Sender): Promise<BlocksAnswer | string>;
}

/** Bytes of a request with many messages. */
const batchLimit = 16_777_216;
/** Messages that become durable together before others have their turn. */
export const turnMessages = 1_000;
/** Refusals that an answer lists; `refused` counts all. */
const listed = 100;

export interface BatchAnswer {
  stored: number;
  duplicates: number;
  refused: number;
  /** The first of those refused, by the number of their line from 1 on. */
  reasons: { line: number; error: string }[];
}

export function takeEntries(server: FastifyInstance, entries: Entries): void {
  const config = { right: 'write' } as const;
  const take = (request: FastifyRequest, topic: Topic | undefined, reply: FastifyReply) => {
    const body = request.body as Buffer;
    const { principal } = request;
    if (!isLines(request.headers['content-type']))
      return takeOne(entries.receive(body, topic, principal), reply);
    return takeLines((messages) => entries.receiveAll(messages, principal), body, topic, reply);
  };
  server.post(
    '/pipeline',
    { bodyLimit: batchLimit, config, ...described('A standardised message, or one a line') },
    (request, reply) => take(request, undefined, reply),
  );
  server.post<{ Params: { app: string; device: string } }>(
    '/pipeline/:app/:device',
    { bodyLimit: batchLimit, config, ...described('The same, of this device') },
    (request, reply) => {
      const { app: appId, device: devId } = request.params;
      return take(request, { appId, devId }, reply);
    },
  );
  server.post<{ Params: { app: string; main: string }; Querystring: { remote?: unknown } }>(
    '/blocks/:app/:main',
    { bodyLimit: largestCaptureFile, config, ...described('A capture file of blocks') },
    async (request, reply) => {
      const { app: appId, main } = request.params;
      const { remote } = request.query;
      if (!request.principal.mayWrite(appId))
        return reply.code(403).send({ error: `${appId} is no project of '${request.principal.name}'` });
      if (remote !== undefined && !isRemoteName(remote))
        return reply.code(422).send({ error: 'remote is no name' });
      const taken = await entries.receiveBlocks(request.body as Buffer, { appId, main, remote });
      return typeof taken === 'string' ? reply.code(422).send({ error: taken }) : taken;
    },
  );
}

/** Whether a body of this media type is many messages, one a line. */
export function isLines(type: string | undefined): boolean {
  return type !== undefined && /^application\/(x-ndjson|jsonl|json-lines)\b/.test(type);
}

const statusOf = { invalid: 400, identifiers: 422, forbidden: 403 } as const;

async function takeOne(received: ReturnType<Entries['receive']>, reply: FastifyReply) {
  const { status, body } = answerOf(await received);
  return reply.code(status).send(body);
}

/** What is answered to a message. */
export function answerOf(received: Awaited<ReturnType<Entries['receive']>>): HttpAnswer {
  if (!('refusal' in received)) return { status: 200, body: received };
  const { kind, path, message } = received.refusal;
  return { status: statusOf[kind], body: { error: `${path} ${message}`, kind } };
}

type ReceiveAll = (messages: readonly Incoming[]) => ReturnType<Entries['receiveAll']>;

/** One message a line, empty lines passed: all that are valid are durable with the answer, the others named in it. */
async function takeLines(
  receiveAll: ReceiveAll,
  body: Buffer,
  topic: Topic | undefined,
  reply: FastifyReply,
) {
  const answer: BatchAnswer = { stored: 0, duplicates: 0, refused: 0, reasons: [] };
  let portion: Incoming[] = [];
  let lines: number[] = [];
  const take = async () => {
    const { stored, duplicates, refused } = await receiveAll(portion);
    answer.stored += stored;
    answer.duplicates += duplicates;
    answer.refused += refused.length;
    for (const { index, refusal } of refused.slice(0, listed - answer.reasons.length))
      answer.reasons.push({ line: lines[index]!, error: `${refusal.path} ${refusal.message}` });
    portion = [];
    lines = [];
  };
  let line = 0;
  for (let begin = 0; begin < body.length; ) {
    const found = body.indexOf(10, begin);
    const end = found < 0 ? body.length : found;
    const payload = body.subarray(begin, end);
    line++;
    begin = end + 1;
    if (payload.every((byte) => byte === 0x20 || byte === 0x0d)) continue;
    portion.push({ payload, topic });
    lines.push(line);
    if (portion.length === turnMessages) await take();
  }
  if (portion.length > 0) await take();
  return reply.code(answer.stored + answer.duplicates === 0 && answer.refused > 0 ? 400 : 200).send(answer);
}
