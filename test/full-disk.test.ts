/** Whole programs on a disk that others have filled up to the last byte, for real: a small file system in memory. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { SmallDisk } from '../common/storage/strict';
import { freePorts, type Running, runSluice, until } from './running';

const disk = SmallDisk.mount(64 << 20);
afterAll(() => disk?.unmount());

let running: Running | undefined;
afterEach(async () => {
  running?.child.kill('SIGKILL');
  await running?.exited;
});

async function start(words: readonly string[], said: string): Promise<void> {
  const program = runSluice(...words);
  running = program;
  let hasEnded = false;
  void program.exited.then(() => {
    hasEnded = true;
  });
  await until(() => hasEnded || program.output().includes(said), 90_000, 'it runs');
  expect(program.output()).toContain(said);
}

describe.skipIf(disk === undefined)('with not one free byte (skipped where none is mounted)', () => {
  test.each([
    ['gateway run', 'the gateway runs'],
    ['serve', 'Sluice runs: open'],
  ])(
    '`sluice %s` starts after a kill, and says that the disk is full',
    async (command, said) => {
      const home = join(disk!.path, command.replace(' ', '-'));
      const machine = join(disk!.path, 'main.json');
      const attributes = { capture_dir: join(home, 'capture') };
      await writeFile(
        machine,
        JSON.stringify({ services: [{ name: 'data', type: 'data_manager', attributes }] }),
      );
      const port = await freePorts();
      const words = [...command.split(' '), machine, '--directory', home, '--port', String(port)];
      await start([...words, '--link', '127.0.0.1'], said);
      running!.child.kill('SIGKILL');
      await running!.exited;
      for (let time = 0; time < 2; time++) {
        disk!.fill();
        expect(disk!.free).toBe(0);
        await start([...words, '--link', '127.0.0.1'], said);
        const health = await fetch(`http://127.0.0.1:${port}/healthz`);
        expect(await health.json()).toMatchObject({ checks: { disk: { message: 'the disk is full' } } });
        running!.child.kill('SIGKILL');
        await running!.exited;
      }
      disk!.empty();
    },
    300_000,
  );
});
