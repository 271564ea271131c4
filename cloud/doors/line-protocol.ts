/**
 * InfluxDB's way in, so that Telegraf and its clients can feed the platform. The database or bucket is `app_id`.
 *
 *   POST /write?db=<app_id>[&precision=]                 of version 1
 *   POST /api/v2/write?bucket=<app_id>[&precision=]      of version 2; `org` is not looked at
 *   GET  /ping; POST /query?q=CREATE DATABASE …          what clients of version 1 ask before
 */

import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { schemaFault } from '@sluice/common/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Precision, parseLines } from '../message/line-protocol';
import { described } from './described';
import { type Entries, type Incoming, turnMessages } from './messages';

/** Bytes of a request, unpacked. */
const batchLimit = 16_777_216;
/** Refusals that an answer names. */
const listed = 10;

const ofVersion1 = {
  n: 'ns',
  ns: 'ns',
  u: 'us',
  µ: 'us',
  us: 'us',
  ms: 'ms',
  s: 's',
  m: 'm',
  h: 'h',
} as const;
const precision = z.enum(Object.keys(ofVersion1) as [keyof typeof ofVersion1]).default('ns');
const name = z.string().min(1, 'is missing');
const version1 = z.looseObject({ db: name, precision });
const version2 = z.looseObject({ bucket: name, precision: z.enum(['ns', 'us', 'ms', 's']).default('ns') });

const unpack = promisify(gunzip);

export function takeLineProtocol(server: FastifyInstance, entries: Entries): void {
  const options = { bodyLimit: batchLimit, config: { right: 'write' } } as const;
  server.post(
    '/write',
    { ...options, ...described("InfluxDB's line protocol, as version 1 has it") },
    async (request, reply) => {
      const asked = version1.safeParse(request.query);
      if (!asked.success) return refuse(reply, 400, sentence(asked.error));
      return take(entries, request, reply, asked.data.db, ofVersion1[asked.data.precision]);
    },
  );
  server.post(
    '/api/v2/write',
    { ...options, ...described("InfluxDB's line protocol, as version 2 has it") },
    async (request, reply) => {
      const asked = version2.safeParse(request.query);
      if (!asked.success) return refuse(reply, 400, sentence(asked.error));
      // A version 1 database behind version 2's interface is called database/retention policy.
      const [appId = ''] = asked.data.bucket.split('/');
      return take(entries, request, reply, appId, asked.data.precision);
    },
  );
  server.get(
    '/ping',
    { ...described('For clients of InfluxDB'), config: { right: 'nothing' } },
    async (_request, reply) => reply.code(204).header('X-Influxdb-Version', '1.8-sluice').send(),
  );
  server.post(
    '/query',
    { ...options, ...described('CREATE DATABASE, for clients of InfluxDB') },
    async (request, reply) => {
      const { q = '' } = request.query as { q?: string };
      const question = new URLSearchParams((request.body as Buffer).toString()).get('q') ?? q;
      // A project needs not be made before it is written to.
      if (/^\s*CREATE\s+DATABASE\b/i.test(question)) return { results: [{ statement_id: 0 }] };
      return refuse(reply, 400, 'only CREATE DATABASE is understood here: questions are asked at GET /query');
    },
  );
}

async function take(
  entries: Entries,
  request: FastifyRequest,
  reply: FastifyReply,
  appId: string,
  precision: Precision,
): Promise<FastifyReply> {
  const text = await textOf(request);
  if (text === undefined) return refuse(reply, 400, 'the body is no gzip, no UTF-8 or too large');
  const errors: string[] = [];
  let refused = 0;
  let taken = 0;
  const note = (line: number, error: string) => {
    if (refused++ < listed) errors.push(`line ${line}: ${error}`);
  };
  let status = 400;
  let portion: Incoming[] = [];
  let lines: number[] = [];
  const settle = async () => {
    const received = await entries.receiveAll(portion, request.principal, 'influxdb');
    taken += received.stored + received.duplicates;
    for (const { index, refusal } of received.refused) {
      if (refusal.kind === 'forbidden') status = 403;
      note(lines[index]!, `${refusal.path} ${refusal.message}`);
    }
    portion = [];
    lines = [];
  };
  for (const parsed of parseLines(text, appId, precision)) {
    if ('error' in parsed) {
      note(parsed.line, parsed.error);
      continue;
    }
    const { line, devId, message } = parsed;
    portion.push({ payload: Buffer.from(message), topic: { appId, devId } });
    lines.push(line);
    if (portion.length === turnMessages) await settle();
  }
  if (portion.length > 0) await settle();
  if (refused === 0) return reply.code(204).send();
  return refuse(
    reply,
    status,
    `partial write: ${refused} lines refused, ${taken} taken: ${errors.join('; ')}`,
  );
}

/** undefined: it cannot be read. */
async function textOf({ body, headers }: FastifyRequest): Promise<string | undefined> {
  try {
    const packed = headers['content-encoding'] === 'gzip';
    const bytes = packed ? await unpack(body as Buffer, { maxOutputLength: batchLimit }) : (body as Buffer);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** As both versions of InfluxDB say it. */
function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  const code = status === 403 ? 'forbidden' : 'invalid';
  return reply
    .code(status)
    .header('X-Influxdb-Error', asHeader(message))
    .send({ error: message, code, message });
}

function asHeader(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 1_000);
}

function sentence({ issues: [issue] }: z.ZodError): string {
  return `${issue!.path.join('.') || 'query'}: ${schemaFault(issue!)}`;
}
