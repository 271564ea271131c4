import { type Principal, principalOf } from '@sluice/common/access';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import type { StageStatus } from '../stages/runner';
import { Counters } from './counters';
import { jobs } from './jobs';
import type { Operated } from './operated';
import { operation } from './operation';
import { Traffic } from './traffic';

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

test('figures tell what came to each door, by the projects that are shown, and what stores take', async () => {
  const traffic = new Traffic();
  traffic.note('mqtt', 'lab', 100);
  traffic.note('mqtt', 'lab', 50);
  traffic.note('mqtt', 'secret', 7);
  traffic.note('http', 'elsewhere', 9);
  const volumes = { mqttDropped: {}, alerts: [], stores: new Map([['raw-files', 12]]) };
  const server = await routes({
    ...{ traffic, counters: new Counters(), stages: () => [], volumes: () => volumes as never },
  });
  const { body } = await server.inject('/metrics');
  const lines = body.split('\n');
  for (const line of [
    'sluice_cloud_door_messages_total{door="mqtt",app_id="lab"} 2',
    'sluice_cloud_door_bytes_total{door="mqtt",app_id="lab"} 150',
    'sluice_cloud_door_bytes_total{door="mqtt",app_id=""} 7',
    'sluice_cloud_door_messages_total{door="http",app_id="elsewhere"} 1',
    'sluice_cloud_store_bytes{store="raw-files"} 12',
  ])
    expect(lines).toContain(line);
  expect(body).not.toContain('secret');
});

test('figures tell of each stage whether it stores, and how far it is behind', async () => {
  const stage = { name: 'raw-files', position: 7, stored: 5, droppedDeadLetters: 0 };
  const behind = { arrivals: 12, milliseconds: 3500 };
  const stages: StageStatus[] = [
    { ...stage, state: 'failing', behind, deadLetters: 2, error: 'is away' },
    {
      ...stage,
      name: 'time-series',
      state: 'running',
      behind: { arrivals: 0, milliseconds: 0 },
      deadLetters: 0,
    },
  ];
  const volumes = { mqttDropped: {}, alerts: [], stores: new Map() };
  const server = await routes({
    ...{ traffic: new Traffic(), counters: new Counters(), stages: () => stages },
    volumes: () => volumes as never,
  });
  const { body } = await server.inject('/metrics');
  expect(body.split('\n').filter((line) => line.startsWith('sluice_cloud_stage_'))).toEqual([
    'sluice_cloud_stage_up{stage="raw-files"} 0',
    'sluice_cloud_stage_up{stage="time-series"} 1',
    'sluice_cloud_stage_behind_arrivals{stage="raw-files"} 12',
    'sluice_cloud_stage_behind_arrivals{stage="time-series"} 0',
    'sluice_cloud_stage_behind_seconds{stage="raw-files"} 3.5',
    'sluice_cloud_stage_behind_seconds{stage="time-series"} 0',
    'sluice_cloud_stage_dead_letters{stage="raw-files"} 2',
    'sluice_cloud_stage_dead_letters{stage="time-series"} 0',
  ]);
});

test('projects beyond a thousand are counted together', () => {
  const traffic = new Traffic();
  for (let index = 0; index < 1_500; index++) traffic.note('http', `p${index}`, 1);
  traffic.note('http', 'p3', 1);
  const shown = traffic.shown(() => true);
  expect(shown.length).toBeLessThan(1_002);
  expect(shown.find(({ appId }) => appId === 'p3')).toMatchObject({ count: 2, bytes: 2 });
  expect(shown.reduce((sum, { count }) => sum + count, 0)).toBe(1_501);
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

test('why a stage and a job fail is told without the directories of this machine', async () => {
  const error = "EACCES: permission denied, open '/srv/my data/secret/x.json'";
  const behind = { arrivals: 1, milliseconds: 90_000 };
  const letters = { deadLetters: 0, droppedDeadLetters: 0 };
  const stage = { name: 'raw-files', state: 'failing' as const, position: 0, behind, stored: 0, ...letters };
  const server = await routes({
    stages: () => [{ ...stage, error }, stage],
    volumes: () => ({}) as never,
  });
  jobs(server, {
    jobs: () => [
      { name: 'copy', state: 'idle', last: { started: '2026-01-01T00:00:00Z', error } },
      { name: 'metadata', state: 'idle' },
    ],
    runJob: async () => '',
  });
  const told = "EACCES: permission denied, open 'x.json'";
  expect((await server.inject('/stages')).json()).toMatchObject([
    { name: 'raw-files', behind, error: told },
    { behind },
  ]);
  expect((await server.inject('/jobs')).json()).toMatchObject([
    { last: { error: told } },
    { name: 'metadata' },
  ]);
  expect((await server.inject('/healthz')).body).toContain(told);
});
