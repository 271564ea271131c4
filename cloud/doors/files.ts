/**
 * The file door: binaries and files of any size, by name, in parts, so that no request takes long.
 *
 *   POST /files/<app_id>/<main part>/<name>                     a description: 200 {stored: true}, or {stored: false}: send it
 *   PUT  /files/<app_id>/<main part>/<name>?offset=[&sha256=]   a part of at most 8 MiB; the last one names the digest of all
 *   GET  /files, /files/<app_id>/<part>/<name>                  what is stored (stored-files.ts)
 *
 * An answer `stored: true` means durable. What ends in the middle is sent again from its beginning, by another POST.
 */
import { SluiceError, schemaFault } from '@sluice/common/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { identifierProblem } from '../message/message';
import { annotationsSchema, namedAnnotations } from '../stores/objects/annotations';
import type { ObjectEntry } from '../stores/objects/object-entry';
import type { NewDescription, ObjectStore, Upload } from '../stores/objects/object-store';
import { isRemoteName } from './blocks';
import { described } from './described';
import { giveFiles } from './stored-files';

/** Bytes of a part at most. */
export const largestPart = 8 << 20;
const longestDescription = 262_144;
/** Uploads under way at once. */
const mostUploads = 256;
/** Milliseconds without a part after which an upload is void. */
const patience = 600_000;

const text = z.string().min(1).max(256);
const time = z.number().min(0).max(8.64e15);
const descriptionSchema = z.object({
  type: z.enum(['binary', 'file']),
  size: z.int().min(0),
  captured: time,
  metadata: z.looseObject({
    part: text,
    owner: z.enum(['part', 'main']),
    resource: text,
    method: text,
    parameters: z.record(z.string(), z.string()),
    extension: z.string().max(32),
    tags: z.array(text).max(64),
    datasets: z.array(text).max(64).optional(),
    fileName: z.string().max(4096).optional(),
    mimeType: z.string().max(256).optional(),
    requested: time.optional(),
    received: time.optional(),
    retention: z.looseObject({}).optional(),
    annotations: annotationsSchema.optional(),
  }),
  deleteDataOnPartDeletion: z.boolean().optional(),
});

const nameSchema = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'is no name');
const partSchema = z.object({
  offset: z.coerce.number().int().min(0),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

export type FilesAnswer = { stored: true; sha256: string } | { stored: false };

/** What the sender is told when it is not taken. */
export interface FilesRefusal {
  status: 400 | 404 | 409 | 413 | 422;
  error: string;
}

interface Running {
  upload: Upload;
  description: NewDescription;
  size: number;
  used: number;
  busy: boolean;
}

export interface FileDoorOptions {
  objects: ObjectStore;
  /** @throws SluiceError disk-full: so many bytes are not taken */
  admit(bytes: number): void;
  /** Told of each that is stored. */
  came?(appId: string, bytes: number): void;
  now(): number;
}

export class FileDoor {
  readonly #options: FileDoorOptions;
  readonly #running = new Map<string, Running>();

  constructor(options: FileDoorOptions) {
    this.#options = options;
  }

  /** Routes over what is stored. */
  give(server: FastifyInstance): void {
    giveFiles(server, this.#options.objects, this.#options.now);
  }

  async begin(appId: string, main: string, name: string, body: unknown): Promise<FilesAnswer | FilesRefusal> {
    const { objects, admit, now } = this.#options;
    const checked = descriptionSchema.safeParse(body);
    if (!checked.success) {
      const issue = checked.error.issues[0]!;
      return { status: 422, error: `${issue.path.join('.') || 'description'}: ${schemaFault(issue)}` };
    }
    const { type, size, captured, metadata, deleteDataOnPartDeletion } = checked.data;
    const wrong = identifierProblem('app_id', appId) ?? identifierProblem('dev_id', metadata.part);
    if (wrong !== undefined) return { status: 422, error: `${wrong.path} ${wrong.message}` };
    if (!isRemoteName(main)) return { status: 422, error: 'the main part has no usable name' };
    if (!nameSchema.safeParse(name).success) return { status: 422, error: 'name is no name' };
    const known = objects.find({ appId, devId: metadata.part, name });
    if (known !== undefined) return answerOf(known);
    admit(size);
    const key = keyOf(appId, main, name);
    await this.#expire();
    const before = this.#running.get(key);
    if (before?.busy) return { status: 409, error: 'a part of it is being written' };
    if (before === undefined && this.#running.size >= mostUploads)
      throw new SluiceError('uploads-busy', `${mostUploads} uploads are under way`);
    if (before !== undefined) await this.#drop(key, before);
    const { part: dev_id, ...about } = metadata;
    const annotations = namedAnnotations(metadata.annotations);
    const description: NewDescription = {
      name,
      app_id: appId,
      dev_id,
      main,
      type,
      captured: new Date(captured).toISOString(),
      arrived: new Date(now()).toISOString(),
      ...about,
      annotations,
      ...(deleteDataOnPartDeletion !== undefined && { deleteDataOnPartDeletion }),
    };
    const upload = await objects.begin();
    this.#running.set(key, { upload, description, size, used: now(), busy: false });
    return { stored: false };
  }

  async part(
    appId: string,
    main: string,
    name: string,
    query: unknown,
    bytes: Uint8Array,
  ): Promise<FilesAnswer | FilesRefusal> {
    const checked = partSchema.safeParse(query);
    if (!checked.success) return { status: 400, error: 'offset or sha256 is not what it should be' };
    const { offset, sha256 } = checked.data;
    const key = keyOf(appId, main, name);
    const running = this.#running.get(key);
    if (running === undefined) return { status: 404, error: 'there is no such upload: begin again' };
    if (running.busy) return { status: 409, error: 'a part of it is being written' };
    const { upload, description, size } = running;
    if (offset !== upload.bytes) return { status: 409, error: `is at byte ${upload.bytes}` };
    const end = offset + bytes.length;
    if (end > size) return { status: 413, error: `is ${size} bytes long` };
    running.busy = true;
    try {
      await upload.append(bytes);
      running.used = this.#options.now();
      if (end < size) return { stored: false };
      this.#running.delete(key);
      if (upload.sha256 === sha256) {
        const kept = await upload.keep(description);
        this.#options.came?.(appId, size);
        return answerOf(kept);
      }
      await upload.abandon();
      return { status: 409, error: 'the digest is another one: begin again' };
    } catch (error) {
      // A part may be in it or not: it begins again.
      this.#running.delete(key);
      await upload.abandon().catch(() => undefined);
      throw error;
    } finally {
      running.busy = false;
    }
  }

  async close(): Promise<void> {
    for (const [key, running] of [...this.#running]) await this.#drop(key, running);
  }

  async #expire(): Promise<void> {
    const before = this.#options.now() - patience;
    for (const [key, running] of [...this.#running])
      if (running.used < before && !running.busy) await this.#drop(key, running);
  }

  async #drop(key: string, { upload }: Running): Promise<void> {
    this.#running.delete(key);
    await upload.abandon();
  }
}

function keyOf(...names: string[]): string {
  return JSON.stringify(names);
}

function answerOf({ description: { sha256 } }: ObjectEntry): FilesAnswer {
  return { stored: true, sha256 };
}

type Route = { Params: { app: string; main: string; name: string } };

export function takeFiles(server: FastifyInstance, door: FileDoor): void {
  door.give(server);
  const path = '/files/:app/:main/:name';
  const config = { right: 'write' } as const;
  const take = async (
    request: FastifyRequest<Route>,
    reply: FastifyReply,
    action: (app: string, main: string, name: string) => Promise<FilesAnswer | FilesRefusal>,
  ) => {
    const { app, main, name } = request.params;
    if (!request.principal.mayWrite(app))
      return reply.code(403).send({ error: `${app} is no project of '${request.principal.name}'` });
    const answer = await action(app, main, name);
    return 'error' in answer ? reply.code(answer.status).send({ error: answer.error }) : answer;
  };
  server.post<Route>(
    path,
    { bodyLimit: longestDescription, config, ...described('Describes a binary or a file that is to come') },
    (request, reply) => take(request, reply, (...of) => door.begin(...of, parsed(request.body as Buffer))),
  );
  server.put<Route>(
    path,
    { bodyLimit: largestPart, config, ...described('A part of it, from ?offset= on') },
    (request, reply) =>
      take(request, reply, (...of) => door.part(...of, request.query, request.body as Buffer)),
  );
}

/** undefined of what is no JSON: the schema refuses it. */
function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
