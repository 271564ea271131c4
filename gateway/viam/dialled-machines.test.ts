import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@sluice/common/clock';
import { openAuthority } from '@sluice/common/tls';
import type { GrpcServer } from '@sluice/common/viam';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { parseMachine } from '../../modules/config/machine';
import { ResourceGraph } from '../resources/resource-graph';
import { DialledMachines } from './dialled-machines';
import { startViamServer } from './server';

const users = [{ type: 'api-key', entity: 'main', payload: 'a-key-of-the-test' }];

async function serveOver(directory: string): Promise<GrpcServer> {
  return startViamServer({
    host: '127.0.0.1',
    port: 0,
    tls: await openAuthority(directory),
    users: () => users,
    resources: new ResourceGraph(),
    machine: {
      names: () => ['rdk:component:board/b'],
      state: () => ({ revision: '', since: 0 }),
      version: '',
    },
    wall: () => 0,
  });
}

test('a machine is dialled by the authority that its remote names; where that cannot be read, it is a problem', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-dialled-'));
  const server = await serveOver(directory);
  const graph = new ResourceGraph();
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line) => void lines.push(line) });
  const machines = new DialledMachines({ graph, log, clock: systemClock });
  const authority = join(directory, 'copied.pem');
  const credentials = { type: 'api-key', payload: users[0]!.payload };
  const remote = {
    name: 'far',
    address: `localhost:${server.port}`,
    dial: true,
    auth: { entity: 'main', credentials },
    authority,
  };
  const { remotes, problems } = parseMachine(JSON.stringify({ remotes: [remote] }));
  expect(problems).toEqual([]);
  machines.configure(remotes);
  expect(machines.problems).toMatchObject([{ path: 'remotes[0].authority', severity: 'error' }]);
  await writeFile(authority, (await openAuthority(directory)).authority.pem);
  machines.configure(remotes);
  expect(machines.problems).toEqual([]);
  await vi.waitFor(() => expect(graph.names()).toEqual(['rdk:component:board/far:b']), { timeout: 10_000 });
  expect(lines.join()).toContain('a Viam machine is there');
  expect(lines.join()).not.toContain(users[0]!.payload);
  machines.close();
  expect(graph.names()).toEqual([]);
  await server.close();
  await rm(directory, { recursive: true });
}, 20_000);
