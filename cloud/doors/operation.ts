/** What an operator looks at: health, figures, stages and their dead letters. */
import { withoutPaths } from '@sluice/common/errors';
import type { FastifyInstance } from 'fastify';
import { identifierProblem } from '../message/message';
import { described } from './described';
import { metricsText } from './metrics';
import type { Operated } from './operated';

/** Milliseconds behind which a stage is called ill, although it does not fail. */
const illBehind = 60_000;

export function operation(server: FastifyInstance, cloud: Operated): void {
  server.get('/healthz', described('Whether all is well, and what is not'), async (_request, reply) => {
    const problems = problemsOf(cloud);
    const warnings = warningsOf(cloud);
    if (problems.length === 0) return { status: 'ok', ...(warnings.length > 0 && { warnings }) };
    return reply.code(503).send({ status: 'ill', problems });
  });
  server.get('/counters', described('What has come, and what was refused'), async () => cloud.counters);
  server.get('/metrics', described('Figures for Prometheus'), ({ principal }, reply) => {
    const text = metricsText(cloud, (appId) => principal.mayRead(appId));
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text);
  });
  server.get('/stages', described('Each stage, with its lag and its failure'), async () =>
    cloud.stages().map(({ error, ...stage }) => ({
      ...stage,
      ...(error !== undefined && { error: withoutPaths(error) }),
    })),
  );
  const of = { not: { error: 'no such stage' } };
  // Dead letters show data of every project.
  server.get<{ Params: { stage: string } }>(
    '/dead-letters/:stage',
    { ...described('What a stage could not store'), config: { right: 'operate' } },
    async ({ params, principal }, reply) => {
      const letters = await cloud.deadLetters(params.stage);
      if (letters === undefined) return reply.code(404).send(of.not);
      return letters.filter(({ app_id }) => principal.mayRead(app_id));
    },
  );
  server.post<{ Params: { stage: string } }>(
    '/dead-letters/:stage/retry',
    described('Gives a stage its dead letters again'),
    async ({ params }, reply) => {
      return (await cloud.retryDeadLetters(params.stage)) ?? reply.code(404).send(of.not);
    },
  );
  server.post<{ Params: { stage: string } }>(
    '/stages/:stage/attach',
    described('Lets a detached stage go on at the oldest arrival there is'),
    async ({ params }, reply) => {
      return (await cloud.attachStage(params.stage)) ?? reply.code(404).send(of.not);
    },
  );
  server.post(
    '/time-series/rebuild',
    described('Builds the time series anew from the raw files'),
    async (_request, reply) => {
      await cloud.rebuild();
      return reply.code(202).send({ status: 'rebuilding' });
    },
  );
  server.delete<{ Params: { app: string; part: string } }>(
    '/parts/:app/:part',
    described('Removes all that there is of a part, for good and at once'),
    async ({ params, principal }, reply) => {
      const { app, part } = params;
      if (!principal.mayWrite(app))
        return reply.code(403).send({ error: `${app} is no project of '${principal.name}'` });
      const unusable = identifierProblem('app_id', app) ?? identifierProblem('dev_id', part);
      if (unusable) return reply.code(400).send({ error: `${unusable.path} ${unusable.message}` });
      return cloud.deletePart(app, part);
    },
  );
}

function problemsOf(cloud: Operated): string[] {
  const problems = cloud.volumes().isFull ? ['the disk is full: nothing is taken'] : [];
  for (const { name, state, behind, error } of cloud.stages()) {
    if (state === 'running' && behind.milliseconds < illBehind) continue;
    const seconds = Math.round(behind.milliseconds / 1000);
    const lag = `${behind.arrivals} arrivals and ${seconds} s behind`;
    problems.push(`${name} is ${state}, ${lag}${error === undefined ? '' : `: ${withoutPaths(error)}`}`);
  }
  return problems;
}

function warningsOf(cloud: Operated): string[] {
  const { isFilling, free, isBrokerConnected } = cloud.volumes();
  return [
    ...(isFilling ? [`the disk fills: ${Math.round(free! / 2 ** 20)} MiB are left`] : []),
    ...(isBrokerConnected === false ? ['the broker is away: nothing is taken from it'] : []),
  ];
}
