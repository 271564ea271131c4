import { describe, expect, it } from 'vitest';
import { checkMachine, remoteOf } from './configuration';

/** The specification's example "two analog readers and a pin of the board's GPIO", its doubled keys and quotes mended. */
const example = {
  services: [
    {
      name: 'data_manager',
      type: 'data_manager',
      attributes: { capture_dir: '', sync_disabled: true, sync_interval_mins: 5, tags: ['tag1', 'tag2'] },
    },
  ],
  components: [],
  remotes: [
    {
      name: 'esp-home',
      address: 'esp-home-main.33vvxnbbw9.viam.cloud:80',
      service_configs: [{ type: 'data_manager', attributes: { capture_methods: [] } }],
      secret: 'REDACTED',
    },
  ],
};

describe('a machine configuration', () => {
  it('of the specification is taken whole', () => {
    const machine = checkMachine(example);
    expect(machine.problems).toEqual([]);
    expect(machine.dataManager).toMatchObject({
      syncDisabled: true,
      syncInterval: 300_000,
      tags: ['tag1', 'tag2'],
    });
    expect(machine.remotes).toMatchObject([{ name: 'esp-home', label: 'esp-home-main', secret: 'REDACTED' }]);
  });

  it('without a data manager has the specified defaults, and at least one thread', () => {
    const { dataManager } = checkMachine({});
    expect(dataManager).toMatchObject({ captureDisabled: false, syncDisabled: false, syncInterval: 6000 });
    expect(dataManager.syncThreads).toBeGreaterThanOrEqual(1);
  });

  it('finds the remote of a part by its name, else by the first label of its address', () => {
    const machine = checkMachine(example);
    expect(remoteOf(machine, 'esp-home')?.name).toBe('esp-home');
    expect(remoteOf(machine, 'esp-home-main')?.name).toBe('esp-home');
    expect(remoteOf(machine, 'esp')).toBeUndefined();
  });
});

describe('a wrong entry', () => {
  const wrong = (attributes: object) => checkMachine({ services: [{ type: 'data_manager', attributes }] });

  it.each([
    [
      { sync_interval_mins: -1 },
      'services[0].attributes.sync_interval_mins',
      "sync_interval_mins can't be negative",
    ],
    [{ tags: ['ok', 'not ok'] }, 'services[0].attributes.tags[1]', 'letters, digits'],
    [{ capture_disabled: 'yes' }, 'services[0].attributes.capture_disabled', 'boolean'],
  ])('of the data manager is named, and its default taken: %j', (attributes, path, message) => {
    const machine = wrong({ capture_dir: '/kept', ...attributes });
    expect(machine.problems).toMatchObject([{ severity: 'error', path }]);
    expect(machine.problems[0]!.message).toContain(message);
    expect(machine.dataManager).toMatchObject({ captureDirectory: '/kept', syncInterval: 6000, tags: [] });
  });

  it('that nobody knows is a warning', () => {
    expect(wrong({ sync_intervall_mins: 1 }).problems).toMatchObject([
      { severity: 'warning', path: 'services[0].attributes.sync_intervall_mins' },
    ]);
  });

  it('among the remotes leaves the others', () => {
    const machine = checkMachine({
      remotes: [{ name: 'a' }, { name: 'b', secret: 's' }, { name: 'b', secret: 't' }],
    });
    expect(machine.remotes.map(({ name, secret }) => [name, secret])).toEqual([['b', 's']]);
    expect(machine.problems.map(({ path }) => path)).toEqual(['remotes[0].secret', 'remotes[2].name']);
  });

  it('never shows a secret', () => {
    const machine = checkMachine({ remotes: [{ name: 7, secret: 'hunter2' }] });
    expect(JSON.stringify(machine.problems)).not.toContain('hunter2');
  });

  it('of the top says so', () => {
    expect(checkMachine([]).problems).toMatchObject([{ path: '$' }]);
    expect(checkMachine({ remotes: {} }).problems).toMatchObject([{ path: 'remotes' }]);
  });
});
