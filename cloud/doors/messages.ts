/** Messages and capture files over HTTP: one message a request, many as JSON lines, or a file of blocks. */
import type { Principal } from '@sluice/common/access';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { largestCaptureFile } from '../../modules/block/file';
import type { Refusal, Topic } from '../message/message';
import { type BlocksAnswer, isRemoteName, type Sender } from './blocks';

export interface Entries {
  receive(
    payload: Uint8Array,
    topic: Topic | undefined,
    sender: Principal,
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
  const config = { right: 'write' } as const;
  const take = (request: FastifyRequest, topic: Topic | undefined, reply: FastifyReply) => {
    const body = request.body as Buffer;
    const receive: Receive = (payload) => entries.receive(payload, topic, request.principal);
    return isLines(request.headers['content-type'])
      ? takeLines(receive, body, reply)
      : takeOne(receive, body, reply);
  };
  server.post('/pipeline', { bodyLimit: batchLimit, config }, (request, reply) =>
    take(request, undefined, reply),
  );
  server.post<{ Params: { app: string; device: string } }>(
    '/pipeline/:app/:device',
    { bodyLimit: batchLimit, config },
    (request, reply) => {
      const { app: appId, device: devId } = request.params;
      return take(request, { appId, devId }, reply);
    },
  );
  server.post<{ Params: { app: string; main: string }; Querystring: { remote?: unknown } }>(
    '/blocks/:app/:main',
    { bodyLimit: largestCaptureFile, config },
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

function isLines(type: string | undefined): boolean {
  return type !== undefined && /^application\/(x-ndjson|jsonl|json-lines)\b/.test(type);
}

/** Takes one message of a request. */
type Receive = (payload: Uint8Array) => ReturnType<Entries['receive']>;

const statusOf = { invalid: 400, identifiers: 422, forbidden: 403 } as const;

async function takeOne(receive: Receive, body: Buffer, reply: FastifyReply) {
  const result = await receive(body);
  if (!('refusal' in result)) return result;
  const { kind, path, message } = result.refusal;
  return reply.code(statusOf[kind]).send({ error: `${path} ${message}`, kind });
}

/** One message a line, empty lines passed: all that are valid are durable with the answer, the others named in it. */
async function takeLines(receive: Receive, body: Buffer, reply: FastifyReply) {
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
    taken.push(takeLine(receive, message, number, answer));
  }
  // All are settled before the answer: what was not kept is told, and nothing goes on behind it.
  const failed = (await Promise.allSettled(taken)).find(({ status }) => status === 'rejected');
  if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
  return reply.code(answer.stored + answer.duplicates === 0 && answer.refused > 0 ? 400 : 200).send(answer);
}

async function takeLine(receive: Receive, message: Buffer, line: number, answer: BatchAnswer): Promise<void> {
  const result = await receive(message);
  if (!('refusal' in result)) {
    answer.stored += result.stored;
    answer.duplicates += result.duplicates;
    return;
  }
  answer.refused++;
  const { path, message: reason } = result.refusal;
  if (answer.reasons.length < listed) answer.reasons.push({ line, error: `${path} ${reason}` });
}
