/**
 * Jobs over HTTP.
 *
 *   GET  /jobs                               each with its state, its progress, its last run
 *   POST /jobs/<name>[?date=YYYY-MM-DD]      runs it: 202, and GET /jobs says what becomes of it
 */
import { schemaFault, withoutPaths } from '@sluice/common/errors';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { JobStatus } from '../jobs/jobs';
import { described } from './described';

export interface Worked {
  jobs(): JobStatus[];
  runJob(name: string, date: string | undefined): Promise<string>;
}

const schema = z.strictObject({
  date: z.iso.date('is no YYYY-MM-DD').optional(),
});

export function jobs(server: FastifyInstance, cloud: Worked): void {
  server.get('/jobs', described('Each nightly job: its state, its progress, its last run'), async () =>
    cloud.jobs().map(({ last, ...job }) => ({ ...job, ...(last && { last: told(last) }) })),
  );
  server.post<{ Params: { name: string } }>(
    '/jobs/:name',
    described('Runs a job now, of one day with ?date='),
    async (request, reply) => {
      const { name } = request.params;
      const asked = schema.safeParse(request.query);
      if (!asked.success) {
        const [issue] = asked.error.issues;
        return reply.code(400).send({ error: `${issue!.path.join('.') || 'query'}: ${schemaFault(issue!)}` });
      }
      const known = cloud.jobs();
      const job = known.find((each) => each.name === name);
      if (job === undefined) {
        const names = known.map((each) => each.name).join(', ');
        return reply.code(404).send({ error: `there is no job '${name}'; there are ${names}` });
      }
      if (job.state !== 'idle') return reply.code(409).send({ error: `${name} is ${job.state}` });
      // What becomes of it its status says, and the log.
      cloud.runJob(name, asked.data.date).catch(() => undefined);
      return reply.code(202).send({ started: name });
    },
  );
}

function told({ error, ...last }: NonNullable<JobStatus['last']>): JobStatus['last'] {
  return { ...last, ...(error !== undefined && { error: withoutPaths(error) }) };
}
