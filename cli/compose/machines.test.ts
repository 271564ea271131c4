import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MachineList } from '@sluice/cloud/viam/machines/machine-list';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { addMachine, configureMachine, machinesPath, removeMachine } from './machines';

let directory: string;
let file: string;
let told: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-machines-'));
  file = join(directory, 'machine.json');
  told = [];
  for (const method of ['log', 'error'] as const)
    vi.spyOn(console, method).mockImplementation((text: string) => void told.push(text));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(directory, { recursive: true });
});

const list = () => new MachineList(machinesPath(directory)).list();
const add = (id: string, unchecked?: true) =>
  addMachine(id, file, { directory, project: 'lab', ...(unchecked && { unchecked }) });

test('a machine is added with what its file needs, and removed', async () => {
  await writeFile(file, '{ "components": [] // none yet\n }');
  await add('shed-1');
  const cloud = JSON.parse(told.at(-1)!) as Record<string, string>;
  expect(cloud).toEqual({
    id: 'shed-1',
    secret: expect.stringMatching(/^sluice_/),
    app_address: 'http://localhost:8475',
  });
  expect(told.at(-2)).toContain(directory);
  expect(list()).toMatchObject([{ id: 'shed-1', project: 'lab', configured: true }]);
  const { mode } = await stat(machinesPath(directory));
  expect(mode & 0o777, 'its configuration may have keys of its own').toBe(0o600);
  await expect(add('shed-1')).rejects.toThrow('is a machine already');
  await removeMachine('shed-1', directory);
  expect(list()).toEqual([]);
  await expect(removeMachine('shed-1', directory)).rejects.toThrow('no machine');
});

test('a configuration with faults is refused, unless they are meant; what is no JSON always', async () => {
  await writeFile(
    file,
    '{ "services": [{ "name": "dm", "type": "data_manager", "attributes": { "sync_interval_mins": "x" } }] }',
  );
  await expect(add('shed-1')).rejects.toThrow('has faults');
  expect(told.join('\n')).toContain('services[0].attributes.sync_interval_mins');
  expect(list()).toEqual([]);
  await add('shed-1', true);
  await writeFile(file, '{');
  await expect(configureMachine('shed-1', file, { directory, unchecked: true })).rejects.toThrow();
});

test('names what Viam’s protocol has no place for', async () => {
  await writeFile(
    file,
    '{ "components": [{ "name": "b", "type": "board", "model": "fake", "colour": "red" }] }',
  );
  await add('shed-1', true);
  expect(told.join('\n')).toContain('components[0].colour has no place');
});
