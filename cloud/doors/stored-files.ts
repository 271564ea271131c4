/**
 * Binaries and files that are stored, told and given back.
 *
 *   GET /files[?app_id=][&part=][&from=][&to=][&last=][&tag=][&limit=]   their descriptions, by the time of their capture
 *   GET /files/<app_id>/<part>/<name>                            the contents of one
 *
 * A list is whole, or refused. Contents are read as they go out, so one who is slow holds a file and a piece of it.
 */
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { checkSpan, resolveSpan, sentenceOf, spanSchema } from '../query/question';
import { fileExtension, type ObjectDescription, type ObjectEntry } from '../stores/objects/object-entry';
import type { ObjectFilter } from '../stores/objects/object-index';
import type { ObjectStore } from '../stores/objects/object-store';

/** Descriptions that are looked up before others have their turn. */
const page = 500;
/** Bytes of contents in memory. */
const piece = 256 << 10;

const listSchema = z
  .strictObject({
    ...spanSchema,
    part: z.string().optional(),
    tag: z
      .union([z.string(), z.array(z.string())])
      .transform((given) => [given].flat())
      .optional(),
    limit: z.coerce.number().int().min(1).max(100_000).default(10_000),
  })
  .superRefine(checkSpan);
type ListQuestion = z.infer<typeof listSchema>;

type Named = { Params: { app: string; part: string; name: string } };

/** @param now wall milliseconds */
export function giveFiles(server: FastifyInstance, objects: ObjectStore, now: () => number): void {
  const { $schema: _, ...querystring } = z.toJSONSchema(listSchema, { io: 'input', unrepresentable: 'any' });
  const listed = { summary: 'Binaries and files: their descriptions, the oldest first', querystring };
  server.get(
    '/files',
    { schema: listed, validatorCompiler: () => () => true },
    async ({ query, principal }, reply) => {
      const asked = listSchema.safeParse(query);
      if (!asked.success) return reply.code(400).send({ error: sentenceOf(asked.error) });
      const { limit } = asked.data;
      const filter = filterOf(asked.data, now(), objects.index.projects());
      filter.appIds = filter.appIds.filter((appId) => principal.mayRead(appId));
      if (filter.appIds.length === 0) return [];
      const found = await search(objects, filter, limit + 1);
      if (found.length <= limit) return found.map(({ description }) => description);
      const error = `there are more than ${limit} files: name a part, a shorter span or a higher limit`;
      return reply.code(413).send({ error });
    },
  );
  // A HEAD would open what nobody reads.
  const given = { schema: { summary: 'The contents of a binary or a file' }, exposeHeadRoute: false };
  server.get<Named>('/files/:app/:part/:name', given, async ({ params, principal }, reply) => {
    const { app: appId, part: devId, name } = params;
    if (!principal.mayRead(appId)) return reply.code(403).send({ error: `${appId} is a private project` });
    const entry = objects.find({ appId, devId, name });
    if (entry === undefined) return reply.code(404).send({ error: `there is no file '${name}' of ${devId}` });
    const { description } = entry;
    return reply
      .type(mediaTypeOf(description))
      .header('content-length', description.bytes)
      .header('x-content-type-options', 'nosniff')
      .header('content-disposition', dispositionOf(description))
      .send(Readable.from(contents(objects, entry), { objectMode: false }));
  });
}

function filterOf(
  asked: ListQuestion,
  now: number,
  projects: readonly string[],
): ObjectFilter & { appIds: readonly string[] } {
  const { app_id, part, tag } = asked;
  return {
    appIds: projects.filter((appId) => app_id === undefined || appId === app_id),
    ...(part !== undefined && { devId: part }),
    ...(tag !== undefined && { tags: { anyOf: tag } }),
    ...resolveSpan(asked, now, 0, Number.MAX_SAFE_INTEGER),
  };
}

async function search({ index }: ObjectStore, filter: ObjectFilter, most: number): Promise<ObjectEntry[]> {
  const found: ObjectEntry[] = [];
  for (;;) {
    const after = found.at(-1);
    const limit = Math.min(page, most - found.length);
    const entries = index.search(filter, { limit, ...(after && { after }) });
    found.push(...entries);
    if (entries.length < limit || found.length === most) return found;
    await setImmediate();
  }
}

async function* contents(objects: ObjectStore, entry: ObjectEntry): AsyncGenerator<Uint8Array> {
  const file = await objects.read(entry);
  if (file === undefined) throw new Error(`${entry.name} was removed while it was asked for`);
  try {
    for (let offset = 0; offset < entry.description.bytes; ) {
      const bytes = await file.read(offset, piece);
      if (bytes.length === 0) throw new Error(`${entry.name} is shorter than it was`);
      offset += bytes.length;
      yield bytes;
    }
  } finally {
    await file.close();
  }
}

/** What its sender says, where that is one. */
function mediaTypeOf({ mimeType = '' }: ObjectDescription): string {
  return /^[\w.+-]+\/[\w.+-]+$/.test(mimeType) ? mimeType : 'application/octet-stream';
}

/** By RFC 6266: under the name that it had, which may have letters of any script. */
function dispositionOf(description: ObjectDescription): string {
  const name = basename(description.fileName ?? '') || description.name + fileExtension(description);
  const plain = name.replace(/[^\w.-]+/g, '_');
  const encoded = encodeURIComponent(Buffer.from(name).toString()).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
