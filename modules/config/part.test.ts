import { expect, test } from 'vitest';
import { example } from './chance.node';
import { parseMachine } from './machine';
import { budgetOf } from './memory-budget';
import { isApplicable, parsePart } from './part';
import { isSameCapture, isSameIdentity, type PartPlan, type Running } from './plan';
import type { Problem } from './problems';
import { encodeUtf8 } from './utf8';

function inShort({ severity, code, path, message }: Problem): string {
  return `${severity} ${code} at ${path}: ${message}`;
}

function pathsOf({ collectors, paths }: PartPlan): string[] {
  return collectors.map((_, index) => paths.at(index));
}

const board = {
  name: 'b',
  type: 'board',
  model: 'esp32',
  attributes: { pins: [27], analogs: [{ name: 'A1', pin: 34 }] },
};

/** A part with one board that is captured by the given methods. */
function partWith(captureMethods: unknown[], dataManager?: object, running?: Running): PartPlan {
  const service = { type: 'data_manager', attributes: { capture_methods: captureMethods } };
  return parsePart(
    JSON.stringify({
      components: [{ ...board, service_configs: [service] }],
      ...(dataManager && { services: [{ name: 'dm', type: 'data_manager', attributes: dataManager }] }),
    }),
    undefined,
    running,
  );
}

const a1 = { method: 'Analogs', capture_frequency_hz: 10, additional_params: { reader_name: 'A1' } };
const methods = 'components[0].service_configs[0].attributes.capture_methods';

test('the ESP32 example of the specification gives a board and two collectors of 10 Hz', () => {
  const plan = parsePart(example('esp32-board'));
  expect(plan.problems).toEqual([]);
  expect(plan.resources).toEqual([
    {
      name: 'my-esp32',
      api: 'rdk:component:board',
      model: 'esp32',
      attributes: expect.stringContaining('"pins":[27]'),
      dependencies: [],
      path: 'components[0]',
    },
  ]);
  expect(plan.collectors).toMatchObject(
    ['A1', 'A2'].map((reader_name) => ({
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
    })),
  );
  expect(pathsOf(plan)).toEqual([`${methods}[0]`, `${methods}[1]`]);
  expect(plan.sync).toEqual({ disabled: false, interval: 6000, retainUnsynced: false });
});

test('the tmp36 and WiFi example of the specification gives two sensors that are captured and synced every 3 minutes', () => {
  const plan = parsePart(example('tmp36-and-wifi'));
  expect(plan.problems).toEqual([]);
  expect(plan.resources.map(({ name, api, model }) => [name, api, model])).toEqual([
    ['tmp36', 'rdk:component:sensor', 'tmp36'],
    ['my-wifi-sensor', 'rdk:component:sensor', 'wifi-rssi'],
  ]);
  expect(
    plan.collectors.map(({ identity, frequency, quota }) => [identity.resource, frequency, quota]),
  ).toEqual([
    ['rdk:component:sensor/tmp36', { numerator: 1, denominator: 5 }, 10_000],
    ['rdk:component:sensor/my-wifi-sensor', { numerator: 1, denominator: 10 }, 10_000],
  ]);
  expect(plan.sync.interval).toBe(180_000);
});

test('of the data manager example a device names what acts elsewhere, and disables its sync', () => {
  const plan = parsePart(example('data-manager'));
  expect(plan.sync).toMatchObject({ disabled: true, interval: 60_000 });
  expect(plan.problems.map(inShort)).toEqual([
    'warning not-for-this-device at services[0].attributes.delete_data_on_part_deletion: is for the cloud to enforce',
    'warning not-for-this-device at services[0].attributes.delete_every_nth_when_disk_full: acts on the main part only',
    'warning not-for-this-device at services[0].attributes.maximum_num_sync_threads: acts on the main part only',
  ]);
});

test('the micro-server example of the data manager is taken without a word', () => {
  expect(parsePart(example('data-manager-micro'))).toMatchObject({
    problems: [],
    sync: { interval: 180_000 },
  });
});

test('of the MongoDB example a device captures its sensor and says that MongoDB is the main part’s', () => {
  const plan = parsePart(example('mongo-capture'));
  expect(plan.collectors).toHaveLength(1);
  expect(plan.problems.map(inShort)).toEqual([
    'warning not-for-this-device at services[0].attributes.mongo_capture_config: only the main part writes to MongoDB',
  ]);
});

test('of the vision example a device says that cameras, vision and models are the main part’s', () => {
  const plan = parsePart(example('vision-service'));
  expect(plan.resources).toEqual([]);
  expect(plan.problems.map(inShort)).toEqual([
    'error gateway-only at services[0].type: rdk:service:vision is configured on the main part, not on the device',
    'error gateway-only at services[2].type: rdk:service:mlmodel is configured on the main part, not on the device',
    'error gateway-only at components[0].type: rdk:component:camera is configured on the main part, not on the device',
    'warning not-for-this-device at modules: acts on a main part only',
  ]);
});

test.each([
  [
    'remote-esp32',
    'line 50, column 31: unexpected “ (U+201C), expected a value; typographic quotes are not JSON: write "',
  ],
  [
    'camera-elided',
    'line 3, column 5: unexpected . (U+002E), expected a value; dots stand for something left out: write it in full',
  ],
])(
  'the example %s of the specification is not JSON: line and column are named, and a device applies nothing',
  (name, message) => {
    const { problems, resources } = parsePart(example(name));
    expect(problems.map(inShort)).toEqual([`error json-syntax at $: ${message}`]);
    expect(isApplicable(problems)).toBe(false);
    expect(resources).toEqual([]);
  },
);

test.each(['null', '[]', '7', '"components"', 'true'])(
  '%s is no configuration, and changes nothing',
  (text) => {
    const { problems } = parsePart(text);
    expect(problems.map(inShort)).toEqual(['error wrong-type at $: a configuration is an object']);
    expect(isApplicable(problems)).toBe(false);
    expect(isApplicable(parseMachine(text).problems)).toBe(false);
    // What the main adds is left out alone.
    expect(isApplicable(parsePart('{}', text).problems)).toBe(true);
  },
);

test('what the main adds for its remote in the corrected example is captured under the owner main', () => {
  const [remote] = parseMachine(example('remote-esp32-corrected')).remotes;
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
  expect(plan.paths.at(4)).toBe('main:remotes[0].service_configs[0].attributes.capture_methods[2]');
});

test('a plan that is there already and comes out the same is taken over, in whatever order', () => {
  const c1 = { ...a1, additional_params: { reader_name: 'C1' }, tags: ['x'] };
  const { collectors: running } = partWith([a1, c1]);
  const plan = partWith([c1, { ...a1, cache_size_kb: 2 }], undefined, {
    same: (wanted) =>
      running.find((plan) => isSameIdentity(plan.identity, wanted.identity) && isSameCapture(plan, wanted)),
  });
  expect(plan.collectors[0]).toBe(running[1]);
  expect(plan.collectors[1]).not.toBe(running[0]);
  expect(plan.collectors[1]).toMatchObject({ quota: 2_000, target: 500 });
  expect(pathsOf(plan)).toEqual([`${methods}[0]`, `${methods}[1]`]);
});

test('UTF-8 gives the same plan as its text, and an empty one adds nothing', () => {
  const { remotes } = parseMachine(example('remote-esp32-corrected'));
  const [text, additions] = [example('esp32-board'), remotes[0].additions];
  expect(parsePart(encodeUtf8(text), encodeUtf8(additions))).toEqual(parsePart(text, additions));
  expect(parsePart(encodeUtf8(text), new Uint8Array(0))).toEqual(parsePart(text));
});

test('how a text is indented and commented makes no other plan of it', () => {
  const attributes = { analogs: [{ name: 'A 1 // "', pin: '3' }], pins: [2, 4] };
  const component = { ...board, attributes };
  const indented = JSON.stringify({ components: [component] }, null, '\t').replaceAll('\n', ' // note\n');
  const { resources } = parsePart(indented);
  expect(resources[0].attributes).toBe(JSON.stringify(attributes));
  expect(resources).toEqual(parsePart(JSON.stringify({ components: [component] })).resources);
});

test('one bad capture method is reported by its path and code, and the others run', () => {
  const plan = partWith([
    { ...a1, capture_frequency_hz: -1 },
    a1,
    { ...a1, method: 'Pictures' },
    { method: 'Analogs', capture_frequency_hz: 1 },
    { ...a1, capture_frequency_hz: 1, cache_size_kb: 0.5, additional_params: { reader_name: 'A2' } },
    'Analogs',
    { method: 'Gpios', capture_frequency_hz: 1, additional_params: { pin_name: 27 } },
    a1,
  ]);
  expect(pathsOf(plan)).toEqual([`${methods}[1]`, `${methods}[6]`]);
  expect(plan.problems.map(inShort)).toEqual([
    `error bad-frequency at ${methods}[0].capture_frequency_hz: must be above 0 Hz, not -1`,
    `error unknown-method at ${methods}[2].method: "Pictures" is not one of Analogs, Gpios`,
    `error missing-parameter at ${methods}[3].additional_params.reader_name: is required by Analogs`,
    `error cache-too-small at ${methods}[4].cache_size_kb: must be at least 1 KB, not 0.5`,
    `error wrong-type at ${methods}[5]: must be an object, not "Analogs"`,
    `error duplicate-collector at ${methods}[7].method: Analogs of b is already captured by an entry before this`,
  ]);
});

test('what only the main part captures is named as that on a device', () => {
  const command = {
    method: 'DoCommand',
    capture_frequency_hz: 1,
    additional_params: { docommand_input: {} },
  };
  const { collectors, problems } = partWith([command, a1]);
  expect(collectors).toHaveLength(1);
  expect(problems.map(inShort)).toContain(
    `error gateway-only at ${methods}[0].method: DoCommand is captured by the main part, not on the device`,
  );
});

test('a disabled capture method does not run, and is not complained about', () => {
  const plan = partWith([{ ...a1, disabled: true, capture_frequency_hz: 0 }]);
  expect(plan).toMatchObject({ collectors: [], problems: [] });
});

test('capture_disabled on the data manager stops all collectors of the part', () => {
  expect(partWith([a1], { capture_disabled: true })).toMatchObject({ collectors: [], problems: [] });
});

test.each([
  [{}, {}, 1000, 250],
  [{ cache_size_kb: 1.5 }, {}, 1500, 375],
  [{ cache_size_kb: '4' }, { cache_size_kb: 2 }, 4000, 512],
  [{}, { cache_size_kb: 2 }, 2000, 500],
  [{ cache_size_kb: 1 }, { cache_size_kb: 100 }, 1000, 250],
])(
  'cache sizes %j of the method and %j of the service give a quota of %d and blocks of %d bytes',
  (method, service, quota, target) => {
    expect(partWith([{ ...a1, ...method }], service).collectors).toMatchObject([{ quota, target }]);
  },
);

test('a frequency of zero is off, and said to be', () => {
  const plan = partWith([{ ...a1, capture_frequency_hz: 0 }]);
  expect(plan.collectors).toEqual([]);
  expect(plan.problems.map(inShort)).toEqual([
    `warning bad-frequency at ${methods}[0].capture_frequency_hz: is 0: this is off`,
  ]);
});

test('a method’s own tags come before the service’s, and wrong ones are named', () => {
  const plan = partWith([{ ...a1, tags: ['b', 'c d'] }], { tags: ['a_1', 'b', 'ü', 7] });
  expect(plan.collectors[0].tags).toEqual(['b']);
  expect(plan.problems.map(inShort)).toEqual([
    'error wrong-type at services[0].attributes.tags[3]: must be a string, not 7',
    'error bad-tag at services[0].attributes.tags[2]: may have letters, digits, underscores and dashes, 64 at most',
    `error bad-tag at ${methods}[0].tags[1]: may have letters, digits, underscores and dashes, 64 at most`,
  ]);
});

test('a retention policy holds for the methods beside it, and a method’s own comes first', () => {
  const own = { ...a1, retention_policy: { tabular_limit_gb: 2 } };
  const pin = { method: 'Gpios', capture_frequency_hz: 1, additional_params: { pin_name: '27' } };
  const service = {
    type: 'rdk:service:data_manager',
    attributes: { capture_methods: [own, pin], retention_policy: { days: 5, binary_limit_gb: 0 } },
  };
  const plan = parsePart(JSON.stringify({ components: [{ ...board, service_configs: [service] }] }));
  expect(plan.problems).toEqual([]);
  expect(plan.collectors.map(({ retention }) => retention)).toEqual([{ tabularLimitGb: 2 }, { days: 5 }]);
});

test('numbers and switches may be written as text, as the peers allow', () => {
  const plan = partWith([{ ...a1, capture_frequency_hz: '0.5', cache_size_kb: '2' }], {
    sync_interval_mins: '2',
    sync_disabled: 'true',
  });
  expect(plan).toMatchObject({ problems: [], sync: { disabled: true, interval: 120_000 } });
  expect(plan.collectors).toMatchObject([{ frequency: { numerator: 1, denominator: 2 }, quota: 2000 }]);
});

test('negative and absurd settings of the data manager are refused and the defaults stay', () => {
  const plan = partWith([a1], {
    sync_interval_mins: -1,
    cache_size_kb: 1e12,
    ram_head_kb: 'much',
    sync_disabled: 7,
  });
  expect(plan.sync).toEqual({ disabled: false, interval: 6000, retainUnsynced: false });
  expect(plan.problems.map(inShort)).toEqual([
    'error wrong-type at services[0].attributes.sync_disabled: must be true or false, not 7',
    "error out-of-range at services[0].attributes.sync_interval_mins: sync_interval_mins can't be negative",
    'error out-of-range at services[0].attributes.cache_size_kb: must be at most 1000000, not 1000000000000',
    'error wrong-type at services[0].attributes.ram_head_kb: must be a number, not "much"',
  ]);
});

test('keeping what is unsynced through a reboot and the size of the RAM head can be set', () => {
  const plan = partWith([], { retain_unsynced: true, ram_head_kb: 4 });
  expect(plan.sync).toEqual({ disabled: false, interval: 6000, retainUnsynced: true, headBytes: 4000 });
});

test('a radio on duty needs an interval in which it can rest', () => {
  const sync = (attributes: Record<string, unknown>) => partWith([], attributes);
  expect(sync({ radio: 'duty', sync_interval_mins: 10 }).sync.duty).toEqual({ share: 0.7 });
  expect(sync({ radio: 'duty', radio_share: 0.5, sync_interval_mins: 1 }).sync.duty).toEqual({ share: 0.5 });
  expect(sync({ radio: 'on', sync_interval_mins: 10 }).sync.duty).toBeUndefined();
  const often = sync({ radio: 'duty' });
  expect(often.sync.duty).toBeUndefined();
  expect(often.problems.map(inShort)).toEqual([
    'warning out-of-range at services[0].attributes.radio: stays on: sync_interval_mins is below 0.5',
  ]);
  const wrong = sync({ radio: 'sometimes', sync_interval_mins: 10 });
  expect(wrong.sync.duty).toBeUndefined();
  expect(wrong.problems.map(inShort)).toEqual([
    'error out-of-range at services[0].attributes.radio: must be "on" or "duty"',
  ]);
});

test.each(['\\u0000', '\\ud800', 'a\\udc00b'])(
  'a text with %s is refused at its own path, the others stay',
  (written) => {
    const method = (name: string) =>
      `{"method": "Analogs", "capture_frequency_hz": 1, "additional_params": {"reader_name": "${name}"}}`;
    const text = `{"components": [{"name": "b", "api": "rdk:component:board", "model": "esp32", "attributes": {"analogs": []},
    "x${written}": 1, "service_configs": [{"type": "data_manager", "attributes": {"capture_methods": [
      ${method(written)}, ${method('good')}, ${method('\\ud83d\\ude00')}]}}]}]}`;
    const { collectors, problems } = parsePart(text);
    expect(collectors.map(({ identity }) => identity.parameters.reader_name)).toEqual(['good', '😀']);
    const [unknown, bad] = problems;
    expect(unknown!.path).toBe(`components[0].x${JSON.parse(`"${written}"`).replace(/[^ab]/g, '\ufffd')}`);
    expect([bad!.code, bad!.path]).toEqual([
      'bad-text',
      'components[0].service_configs[0].attributes.capture_methods[0].additional_params.reader_name',
    ]);
    expect(problems).toHaveLength(2);
  },
);

test.each([
  [undefined, 32, 33],
  ['esp32', 32, 33],
  ['esp32c3', 16, 16.5],
])(
  'a RAM head for which a chip (%s) has no room is refused, as it would not start with it',
  (chip, most, more) => {
    const plan = (kb: number) => {
      const services = [{ type: 'data_manager', attributes: { ram_head_kb: kb } }];
      return parsePart(
        JSON.stringify({ services }),
        undefined,
        undefined,
        chip === undefined ? undefined : budgetOf(chip),
      );
    };
    expect(plan(most).sync.headBytes).toBe(most * 1000);
    expect(plan(most).problems).toEqual([]);
    expect(plan(more).sync.headBytes).toBeUndefined();
    expect(plan(more).problems.map(inShort)).toEqual([
      `error out-of-range at services[0].attributes.ram_head_kb: the memory has room for ${most}, not ${more}`,
    ]);
  },
);

test.each([
  [{ namespace: 'rdk', type: 'board' }, 'rdk:component:board'],
  [{ type: 'board' }, 'rdk:component:board'],
  [{ type: 'rdk:component:board' }, 'rdk:component:board'],
  [{ api: 'rdk:component:board' }, 'rdk:component:board'],
  [{ api: 'acme:component:kettle' }, 'acme:component:kettle'],
])('an API written as %j is %s', (written, api) => {
  const text = JSON.stringify({
    components: [{ name: 'b', model: 'rdk:builtin:esp32', attributes: {}, ...written }],
  });
  expect(parsePart(text)).toMatchObject({ problems: [], resources: [{ api, model: 'esp32' }] });
});

test('resources are built after those they name or depend on, and otherwise as written', () => {
  const components = [
    { name: 'm', type: 'motor', model: 'gpio', attributes: { board: 'b2', encoder: 'e' } },
    { name: 's', type: 'sensor', model: 'fake', depends_on: ['m'] },
    { name: 'e', type: 'encoder', model: 'incremental' },
    { name: 't', type: 'sensor', model: 'fake' },
    { name: 'b1', type: 'board', model: 'fake' },
    { name: 'b2', type: 'board', model: 'fake' },
  ];
  const plan = parsePart(JSON.stringify({ components }));
  expect(plan.problems).toEqual([]);
  expect(plan.resources.map(({ name }) => name)).toEqual(['b1', 'b2', 'e', 'm', 's', 't']);
});

test('resources that wait for each other are reported and left out, and the others are built', () => {
  const components = [
    { name: 'a', type: 'sensor', model: 'fake', depends_on: ['c'] },
    { name: 'c', type: 'sensor', model: 'fake', depends_on: ['a'], service_configs: [] },
    { name: 'd', type: 'sensor', model: 'fake', depends_on: ['elsewhere'] },
  ];
  const plan = parsePart(JSON.stringify({ components }));
  expect(plan.resources.map(({ name }) => name)).toEqual(['d']);
  expect(plan.problems.map(inShort)).toEqual([
    'warning unknown-resource at components[2]: d depends on elsewhere, which is not there',
    'error dependency-cycle at components[0]: a waits for a resource that waits for it',
    'error dependency-cycle at components[1]: c waits for a resource that waits for it',
  ]);
});

test('misspelt attributes are named', () => {
  const plan = partWith([{ ...a1, capture_frequency: 5 }], { sync_interval_min: 1 });
  expect(plan.collectors).toHaveLength(1);
  expect(plan.problems.map(inShort)).toEqual([
    'warning unknown-attribute at services[0].attributes.sync_interval_min: is not read by anything here',
    `warning unknown-attribute at ${methods}[0].capture_frequency: is not read by anything here`,
  ]);
});

test.each([
  ['rdk:component:board/b', true],
  ['b', true],
  ['rdk:component:board/home:b', true],
  ['rdk:component:board/other:b', false],
  ['rdk:component:sensor/b', false],
  ['rdk:component:board/c', false],
])('a main that asks for %s finds the resource b: %s', (name, found) => {
  const machine = parseMachine(
    JSON.stringify({
      remotes: [
        {
          name: 'home',
          address: 'x:80',
          service_configs: [{ type: 'data_manager', attributes: { capture_methods: [{ ...a1, name }] } }],
        },
      ],
    }),
  );
  const plan = parsePart(JSON.stringify({ components: [board] }), machine.remotes[0].additions);
  expect(plan.collectors.map(({ identity }) => identity.resource)).toEqual(
    found ? ['rdk:component:board/b'] : [],
  );
  expect(plan.problems.map(({ code, path }) => [code, path])).toEqual(
    found
      ? []
      : [['unknown-resource', 'main:remotes[0].service_configs[0].attributes.capture_methods[0].name']],
  );
});

test('additions that are not JSON are an error in the main’s configuration, and the part’s own collectors run', () => {
  const plan = parsePart(example('esp32-board'), '[{"type": data_manager}]');
  expect(plan.collectors).toHaveLength(2);
  expect(plan.problems).toMatchObject([{ code: 'json-syntax', path: 'main:$' }]);
});
