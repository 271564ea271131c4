import { expect, test } from 'vitest';
import { example } from './chance.node';
import { parseMachine } from './machine';

test('all attributes of the data manager examples are acted on by a main part', () => {
  expect(parseMachine(example('data-manager'))).toMatchObject({
    problems: [],
    dataManager: {
      configured: true,
      name: 'my-data-manager',
      syncInterval: 60_000,
      syncDisabled: true,
      deleteDataOnPartDeletion: true,
      deleteEveryNthWhenDiskFull: 5,
      maximumNumSyncThreads: 250,
    },
  });
  expect(parseMachine(example('mongo-capture'))).toMatchObject({
    problems: [],
    dataManager: {
      mongo: {
        uri: 'mongodb://127.0.0.1:27017/?directConnection=true&serverSelectionTimeoutMS=2000',
        database: 'sensorData',
        collection: 'readings',
      },
    },
    collectors: [{ identity: { resource: 'rdk:component:sensor/sensor-1', method: 'Readings' } }],
  });
});

test('a main part captures from its vision service', () => {
  const { problems, collectors, resources } = parseMachine(example('vision-service'));
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(collectors).toMatchObject([
    {
      identity: {
        resource: 'rdk:service:vision/vision-1',
        method: 'CaptureAllFromCamera',
        parameters: { mime_type: 'image/jpeg', camera_name: 'camera-1', min_confidence_score: '0.7' },
      },
      frequency: { numerator: 1, denominator: 1 },
    },
  ]);
  expect(resources.map(({ name }) => name)).toEqual(['camera-1', 'vision-1', 'mlmodel-1']);
});

test('the remote camera example is valid, and says that an ESP32 has no camera', () => {
  const { problems, remotes } = parseMachine(example('remote-camera'));
  expect(remotes).toMatchObject([{ name: 'pi-test-main', collectors: [] }]);
  expect(problems).toMatchObject([{ severity: 'warning', code: 'gateway-only' }]);
});

test('a command is captured with its input as it stands, of the main’s own and of a machine that is dialled', () => {
  const docommand_input = { command: 'health', of: ['a', { b: 1 }] };
  const command = { method: 'DoCommand', capture_frequency_hz: 1, additional_params: { docommand_input } };
  const capturing = (name?: string) => [
    { type: 'data_manager', attributes: { capture_methods: [{ ...command, ...(name && { name }) }] } },
  ];
  const sensor = 'rdk:component:sensor/s';
  const text = JSON.stringify({
    components: [{ name: 's', type: 'sensor', model: 'fake', service_configs: capturing() }],
    remotes: [
      { name: 'far', address: 'far:1', dial: true, service_configs: capturing(sensor) },
      { name: 'esp', secret: 's', service_configs: capturing(sensor) },
    ],
  });
  const { collectors, remotes, problems } = parseMachine(text);
  const captured = [...collectors, ...remotes[0]!.collectors];
  expect(captured.map(({ identity }) => JSON.parse(identity.parameters.docommand_input!))).toEqual([
    docommand_input,
    docommand_input,
  ]);
  expect(remotes[1]!.collectors).toEqual([]);
  expect(problems).toMatchObject([{ code: 'gateway-only', message: /no DoCommand of rdk:component:sensor/ }]);
});

test('what goes to a part has no secret of the main in it', () => {
  const text = JSON.stringify({
    services: [
      {
        type: 'data_manager',
        name: 'dm',
        attributes: { mongo_capture_config: { uri: 'mongodb://user:hidden@h' } },
      },
    ],
    remotes: [
      { name: 'home', secret: 'hidden', service_configs: [{ type: 'data_manager', attributes: {} }] },
    ],
  });
  const [remote] = parseMachine(text).remotes;
  expect(remote.secret).toBe('hidden');
  expect(remote.additions).not.toContain('hidden');
});

test('a remote without a name is reported, and the others are served', () => {
  const { problems, remotes } = parseMachine(
    '{"remotes": [{"address": "a.b", "secret": "s"}, {"name": "r", "address": "", "secret": "s"}]}',
  );
  expect(problems).toMatchObject([{ code: 'missing-attribute', path: 'remotes[0].name' }]);
  expect(remotes).toMatchObject([{ name: 'r', partNames: ['r'], additions: '' }]);
});

test('a remote without a secret is told that its part is never let in', () => {
  const { problems, remotes } = parseMachine('{"remotes": [{"name": "r"}]}');
  expect(problems).toMatchObject([
    { code: 'missing-attribute', path: 'remotes[0].secret', severity: 'warning' },
  ]);
  expect(remotes).toHaveLength(1);
});

test('a machine’s members that nobody here reads are no problem: they are other services’', () => {
  expect(parseMachine('{"network": {"bind_address": ":8080"}, "fragments": []}').problems).toEqual([]);
});

test('the corrected remote example of the specification is read, and the member it has twice is named', () => {
  const { problems, remotes, dataManager } = parseMachine(example('remote-esp32-corrected'));
  expect(dataManager).toMatchObject({ syncDisabled: true, syncInterval: 300_000, tags: ['tag1', 'tag2'] });
  expect(remotes).toMatchObject([{ name: 'esp-home', secret: 'REDACTED', path: 'remotes[0]' }]);
  expect(remotes[0].collectors).toHaveLength(3);
  expect(problems.map(({ code, message }) => [code, message])).toEqual([
    ['json-duplicate', 'line 12, column 7: a second "name"; the last one counts'],
    ['json-duplicate', 'line 13, column 7: a second "type"; the last one counts'],
  ]);
});

test('a remote’s resource by its short name is left to the part, which alone knows its API', () => {
  const method = {
    method: 'Analogs',
    capture_frequency_hz: 1,
    name: 'b',
    additional_params: { reader_name: 'A' },
  };
  const service_configs = [{ type: 'data_manager', attributes: { capture_methods: [method] } }];
  const { problems, remotes } = parseMachine(
    JSON.stringify({ remotes: [{ name: 'r', secret: 's', service_configs }] }),
  );
  expect([problems, remotes[0].collectors]).toEqual([[], []]);
  expect(remotes[0].additions).toContain('"Analogs"');
});
