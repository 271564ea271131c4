import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { simulationExtension } from './simulation-extension';

const done: string[] = [];
const part = {
  state: () => ({ wifi: true, running: true }),
  act: async (action: string) => void done.push(action),
};
const extension = simulationExtension(new Map([['esp-home', part]]));

async function post(path: string): Promise<number> {
  const server = Fastify();
  extension.routes(server);
  return (await server.inject({ method: 'POST', url: path })).statusCode;
}

test('shows a part that is simulated, and no other', () => {
  expect(extension.shown('esp-home')).toEqual({ simulation: { wifi: true, running: true } });
  expect(extension.shown('real')).toBeUndefined();
});

test('does what a button says', async () => {
  expect(await post('/api/simulation/esp-home/reboot')).toBe(200);
  expect(done.splice(0)).toEqual(['reboot']);
});

test.each(['/api/simulation/real/reboot', '/api/simulation/esp-home/explode'])(
  'knows nothing of %s',
  async (path) => {
    expect(await post(path)).toBe(404);
    expect(done).toEqual([]);
  },
);
