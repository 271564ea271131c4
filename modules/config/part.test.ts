import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseMachine } from './machine';
import { parsePart } from './part';

function example(name: string): string {
  return readFileSync(new URL(`./test-data/${name}.jsonc`, import.meta.url), 'utf8');
}

test('the ESP32 example of the specification gives a board and two collectors of 10 Hz', () => {
  const plan = parsePart(example('esp32-board'));
  expect(plan.problems).toEqual([]);
  expect(plan.resources).toEqual([
    {
      name: 'my-esp32',
      api: 'rdk:component:board',
      model: 'esp32',
      attributes: {
        pins: [27],
        analogs: [
          { pin: '34', name: 'A1' },
          { pin: '35', name: 'A2' },
        ],
      },
      dependencies: [],
      path: 'components[0]',
    },
  ]);
  expect(plan.collectors).toEqual(
    ['A1', 'A2'].map((reader_name, index) => ({
      identity: {
        owner: 'part',
        resource: 'rdk:component:board/my-esp32',
        method: 'Analogs',
        parameters: { reader_name },
      },
      frequency: { numerator: 10, denominator: 1 },
      quota: 10_000,
      target: 512,
      tags: [],
      path: `components[0].service_configs[0].attributes.capture_methods[${index}]`,
    })),
  );
  expect(plan.sync).toEqual({ disabled: false, interval: 6000, retainUnsynced: false });
});

test('what the main adds for its remote in the corrected example is captured under the owner main', () => {
  const machine = parseMachine(example('remote-esp32-corrected'));
  const [remote] = machine.remotes;
  expect(remote.partNames).toEqual(['esp-home', 'esp-home-main']);
  const plan = parsePart(example('esp32-board'), remote.additions);
  expect(plan.problems).toEqual([]);
  expect(
    plan.collectors.map(({ identity, tags }) => [identity.owner, identity.method, identity.parameters, tags]),
  ).toEqual([
    ['part', 'Analogs', { reader_name: 'A1' }, []],
    ['part', 'Analogs', { reader_name: 'A2' }, []],
    ['main', 'Analogs', { reader_name: 'A1' }, ['tag1', 'tag2']],
    ['main', 'Analogs', { reader_name: 'A2' }, ['tag1', 'tag2']],
    ['main', 'Gpios', { pin_name: '27' }, ['tag1', 'tag2']],
  ]);
});
