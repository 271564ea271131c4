import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { madeOnce, replaceSecret } from './made-once';
import { StrictDisk } from './strict-disk';

test('gives the same for ever, whenever the power is cut', async () => {
  for (let operation = 1; operation <= 24; operation++) {
    const disk = new StrictDisk(operation);
    let made = 0;
    const make = () => `secret ${++made}`;
    const dead = disk.stopAt(operation, { power: true });
    const first = madeOnce('/home/secret', make, disk.mount());
    const seen = await Promise.race([first, dead.then(() => undefined)]);
    if (seen !== undefined) disk.kill({ power: true });
    const next = await madeOnce('/home/secret', make, disk.mount());
    expect(next).toMatch(/^secret \d$/);
    if (seen !== undefined) expect(next).toBe(seen);
    disk.kill({ power: true });
    expect(await madeOnce('/home/secret', make, disk.mount())).toBe(next);
  }
});

test('can be read by its owner alone', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-once-'));
  await madeOnce(join(directory, 'secret'), () => 'x');
  expect((await stat(join(directory, 'secret'))).mode & 0o777).toBe(0o600);
  await rm(directory, { recursive: true });
});

test('is replaced whole or not at all, whenever the power is cut', async () => {
  for (let operation = 1; operation <= 24; operation++) {
    const disk = new StrictDisk(operation);
    await madeOnce('/home/secret', () => 'before', disk.mount());
    const dead = disk.stopAt(disk.operations + operation, { power: true });
    const replaced = replaceSecret('/home/secret', 'after', disk.mount()).then(() => true);
    const done = await Promise.race([replaced, dead.then(() => false)]);
    if (done) disk.kill({ power: true });
    const found = await madeOnce('/home/secret', () => 'lost', disk.mount());
    expect(done ? ['after'] : ['before', 'after']).toContain(found);
  }
});
