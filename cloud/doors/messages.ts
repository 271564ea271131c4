/** Messages and capture files over HTTP: one message a request, many as JSON lines, or a file of blocks. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { largestCaptureFile } from '../../modules/block/file';
import type { Refusal, Topic } from '../message/message';
import { type BlocksAnswer, isRemoteName, type Sender } from './blocks';

export interface Entries {
  receive(
    payload: Uint8Array,
    topic: Topic | undefined,
  ): Promise<{ stored: number; duplicates: number } | { refusal: Refusal }>;
  receiveBlocks(file: Uint8Array, sender: Sender): Promise<BlocksAnswer | string>;
}

/** Bytes of a request with many messages. */
const batchLimit = 16_777_216;
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
  const take = (body: Buffer, type: string | undefined, topic: Topic | undefined, reply: FastifyReply) =>
    isLines(type) ? takeLines(entries, body, topic, reply) : takeOne(entries, body, topic, reply);
  server.post('/pipeline', { bodyLimit: batchLimit }, (request, reply) =>
    take(request.body as Buffer, request.headers['content-type'], undefined, reply),
  );
  server.post<{ Params: { app: string; device: string } }>(
    '/pipeline/:app/:device',
    { bodyLimit: batchLimit },
    ({ body, headers, params: { app: appId, device: devId } }, reply) =>
      take(body as Buffer, headers['content-type'], { appId, devId }, reply),
  );
  server.post<{ Params: { app: string; main: string }; Querystring: { remote?: unknown } }>(
    '/blocks/:app/:main',
    { bodyLimit: largestCaptureFile },
    async (request, reply) => {
      const { app: appId, main } = request.params;
      const { remote } = request.query;
      if (remote !== undefined && !isRemoteName(remote))
        return reply.code(422).send({ error: 'remote is no name' });
      const taken = await entries.receiveBlocks(request.body as Buffer, { appId, main, remote });
      return typeof taken === 'string' ? reply.code(422).send({ error: taken }) : taken;
    },
  );
}

function isLines(type: string | undefined): boolean {
  return type !== undefined && /^application\/(x-ndjson|jsonl|json-lines)\b/.test(type);
}

async function takeOne(entries: Entries, body: Buffer, topic: Topic | undefined, reply: FastifyReply) {
  const result = await entries.receive(body, topic);
  if (!('refusal' in result)) return result;
  const { kind, path, message } = result.refusal;
  return reply.code(kind === 'invalid' ? 400 : 422).send({ error: `${path} ${message}`, kind });
}

/** One message a line, empty lines passed: all that are valid are durable with the answer, the others named in it. */
async function takeLines(entries: Entries, body: Buffer, topic: Topic | undefined, reply: FastifyReply) {
  const answer: BatchAnswer = { stored: 0, duplicates: 0, refused: 0, reasons: [] };
  const taken: Promise<void>[] = [];
  let line = 0;
  for (let begin = 0; begin < body.length; ) {
    const found = body.indexOf(10, begin);
    const end = found < 0 ? body.length : found;
    const message = body.subarray(begin, end);
    const number = ++line;
    begin = end + 1;
    if (message.every((byte) => byte === 0x20 || byte === 0x0d)) continue;
    taken.push(takeLine(entries, message, number, topic, answer));
  }
  // All are settled before the answer: what was not kept is told, and nothing goes on behind it.
  const failed = (await Promise.allSettled(taken)).find(({ status }) => status === 'rejected');
  if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
  return reply.code(answer.stored + answer.duplicates === 0 && answer.refused > 0 ? 400 : 200).send(answer);
}

async function takeLine(
  entries: Entries,
  message: Buffer,
  line: number,
  topic: Topic | undefined,
  answer: BatchAnswer,
): Promise<void> {
  const result = await entries.receive(message, topic);
  if (!('refusal' in result)) {
    answer.stored += result.stored;
    answer.duplicates += result.duplicates;
    return;
  }
  answer.refused++;
  const { path, message: reason } = result.refusal;
  if (answer.reasons.length < listed) answer.reasons.push({ line, error: `${path} ${reason}` });
}
