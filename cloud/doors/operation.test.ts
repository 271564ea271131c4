import { type Principal, principalOf } from '@sluice/common/access';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import type { Operated } from './operated';
import { operation } from './operation';

const letters = ['lab', 'secret', 'elsewhere'].map((app_id) => ({ app_id, reason: 'x' }));

/** The routes, for an operator of `lab` to whom `secret` is not shown. */
async function routes(cloud: Partial<Operated>) {
  const server = fastify();
  server.decorateRequest('principal', null as unknown as Principal);
  server.addHook('onRequest', async (request) => {
    request.principal = principalOf(
      { name: 'anna', role: 'operator', projects: ['lab'] },
      (app) => app === 'secret',
    );
  });
  operation(server, cloud as Operated);
  return server;
}

test('dead letters of a private project are shown to its members alone', async () => {
  const server = await routes({ deadLetters: async () => letters as never });
  const shown = (await server.inject('/dead-letters/raw-files')).json() as { app_id: string }[];
  expect(shown.map(({ app_id }) => app_id)).toEqual(['lab', 'elsewhere']);
});

test('a part is removed by an operator of its project', async () => {
  const removed: string[] = [];
  const server = await routes({
    deletePart: async (app, part) => {
      removed.push(`${app}/${part}`);
      return {} as never;
    },
  });
  const remove = async (app: string) =>
    (await server.inject({ method: 'DELETE', url: `/parts/${app}/p` })).statusCode;
  expect([await remove('elsewhere'), await remove('lab')]).toEqual([403, 200]);
  expect(removed).toEqual(['lab/p']);
});
