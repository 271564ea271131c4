import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkFiles } from './check';
import { allCodes, type CheckCode, codesOfRunning } from './codes';
import { type Example, examples } from './examples';
import type { Finding } from './finding';

const folder = mkdtempSync(join(tmpdir(), 'sluice-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

let made = 0;

function write(files: Example['files']): string[] {
  made += 1;
  const place = join(folder, String(made));
  mkdirSync(place);
  return Object.entries(files).map(([name, value]) => {
    const path = join(place, name);
    const isText = typeof value === 'string' || value instanceof Uint8Array;
    writeFileSync(path, isText ? value : JSON.stringify(value));
    return path;
  });
}

function check(files: Example['files'], chip = 'esp32'): Finding[] {
  return checkFiles(write(files), { chip, partition: 1 << 20 }).findings;
}

const one = (configuration: unknown, chip?: string): Finding[] =>
  check({ 'board.json': configuration as object }, chip);

describe('every code has an example that', () => {
  const codes = (Object.keys(allCodes) as CheckCode[]).filter((code) => !codesOfRunning.includes(code));

  test.each(codes)('is found where it stands: %s', (code) => {
    const { severity, path, files, chip } = examples[code]!;
    const paths = write(files);
    const { findings } = checkFiles(paths, { chip: chip ?? 'esp32', partition: 1 << 20 });
    const found = findings.filter((finding) => finding.code === code);
    expect(
      found.map((finding) => [finding.severity, finding.file]),
      JSON.stringify(findings),
    ).toContainEqual([severity, paths[0]]);
    if (code !== 'no-memory') expect(found.map((finding) => finding.path)).toContain(path);
    // How many fit is the budget's to know.
    else expect(found[0]!.path).toMatch(/^components\[\d+\]\./);
  });

  test('is one, but for those that only a device can come to', () => {
    expect(Object.keys(examples).sort()).toEqual([...codes].sort());
  });
});

const capture = (method: string, more: { additional_params?: object; [name: string]: unknown } = {}) => [
  { type: 'data_manager', attributes: { capture_methods: [{ method, capture_frequency_hz: 1, ...more }] } },
];
const chip = (attributes: object, more: object = {}) => ({
  name: 'chip',
  type: 'board',
  model: 'esp32',
  attributes,
  ...more,
});
const at = (findings: readonly Finding[]) => findings.map(({ path, message }) => `${path}: ${message}`);

describe('pins', () => {
  test.each([
    ['esp32', 11, 'GPIO 11 of esp32 is not free: it carries the flash chip'],
    ['esp32', 24, 'esp32 has no GPIO 24'],
    ['esp32c3', 22, 'esp32c3 has no GPIO 22: it has 0 to 21'],
    ['esp32c3', 12, 'GPIO 12 of esp32c3 is not free: it carries the flash chip'],
    ['esp32s3', 28, 'GPIO 28 of esp32s3 is not free: it carries the flash chip'],
  ])('of %s: %i', (name, pin, message) => {
    expect(at(one({ components: [chip({ pins: [pin] })] }, name))).toEqual([
      `components[0].attributes.pins[0]: ${message}`,
    ]);
  });

  test.each([
    ['esp32', 99, '0 to 39', '32, 33, 34, 35, 36, 37, 38, 39'],
    ['esp32', 40, '0 to 39', '32, 33, 34, 35, 36, 37, 38, 39'],
    ['esp32', -1, '0 to 39', '32, 33, 34, 35, 36, 37, 38, 39'],
    ['esp32s3', 49, '0 to 48', '1, 2, 3, 4, 5, 6, 7, 8, 9, 10'],
    ['esp32c3', 34, '0 to 21', '0, 1, 2, 3, 4'],
    ['esp32c6', 31, '0 to 30', '0, 1, 2, 3, 4, 5, 6'],
  ])(
    'that an %s lacks are told by its own range, wherever they are written: %i',
    (name, pin, range, analog) => {
      const everywhere = chip({
        analogs: [{ name: 'A1', pin }],
        pins: [pin, String(pin)],
        digital_interrupts: [{ name: 'i', pin }],
        i2cs: [{ name: 'main', data_pin: pin, clock_pin: pin }],
      });
      const pins = { trigger_pin: pin, echo_interrupt_pin: pin };
      const sonar = { name: 'sonar', type: 'sensor', model: 'ultrasonic', attributes: pins };
      const wheel = { name: 'wheel', type: 'encoder', model: 'single', attributes: { pin } };
      const fault = `${name} has no GPIO ${pin}: it has ${range}`;
      expect(at(one({ components: [everywhere, sonar, wheel] }, name))).toEqual([
        `components[0].attributes.analogs[0].pin: ${fault}; analog inputs are ${analog}`,
        `components[0].attributes.pins[0]: ${fault}`,
        `components[0].attributes.pins[1]: ${fault}`,
        `components[0].attributes.digital_interrupts[0].pin: ${fault}`,
        `components[0].attributes.i2cs[0].data_pin: ${fault}`,
        `components[0].attributes.i2cs[0].clock_pin: ${fault}`,
        `components[1].attributes.trigger_pin: ${fault}`,
        `components[1].attributes.echo_interrupt_pin: ${fault}`,
        `components[2].attributes.pin: ${fault}`,
      ]);
    },
  );

  test('of a quadrature encoder are each named', () => {
    const wheel = {
      name: 'wheel',
      type: 'encoder',
      model: 'incremental',
      attributes: { pins: { a: 99, b: 6 } },
    };
    expect(at(one({ components: [wheel] }))).toEqual([
      'components[0].attributes.pins.a: esp32 has no GPIO 99: it has 0 to 39',
      'components[0].attributes.pins.b: GPIO 6 of esp32 is not free: it carries the flash chip',
    ]);
  });

  test('taken twice are named with who has them', () => {
    const analogs = [
      { name: 'A1', pin: '34' },
      { name: 'A2', pin: 34 },
    ];
    expect(at(one({ components: [chip({ analogs })] }))).toEqual([
      'components[0].attributes.analogs[1].pin: GPIO 34 is in use already, by "chip" (components[0])',
    ]);
  });

  test('that cannot drive anything are no outputs, at the attribute that names them', () => {
    const servo = { name: 'arm', type: 'servo', model: 'gpio', attributes: { pin: '35' } };
    expect(at(one({ components: [chip({ pins: [35] }), servo] }))).toEqual([
      'components[1].attributes.pin: arm: GPIO 35 of esp32 is an input only',
    ]);
  });

  test('of the second converter are said to be that', () => {
    const [found] = at(one({ components: [chip({ analogs: [{ name: 'A1', pin: 25 }] })] }));
    expect(found).toContain('ADC2, which cannot be read while WiFi is on');
  });

  test('of an I²C bus are checked, and the chip on it is taken to be there', () => {
    const bus = { name: 'main', bus: 'i2c0', data_pin: 21, clock_pin: 22 };
    const air = { name: 'air', type: 'sensor', model: 'bme280', attributes: { i2c_bus: 'main', adress: 1 } };
    const readings = { ...air, service_configs: capture('Readings') };
    expect(at(one({ components: [chip({ i2cs: [bus] }), readings] }))).toEqual([
      'components[1].attributes.adress: is not read by anything here; is "i2c_address" meant?',
    ]);
    const wrong = at(one({ components: [chip({ i2cs: [{ name: 'main' }] })] }));
    expect(wrong[0]).toMatch(/data_pin: is required, as by default GPIO 11 of esp32 is not free/);
    expect(at(one({ components: [chip({ i2cs: [{ name: 'main' }] })] }, 'esp32s3'))).toEqual([]);
  });
});

describe('a cache that no partition has room for', () => {
  const analogs = [{ name: 'A1', pin: 34 }];
  const reader = { additional_params: { reader_name: 'A1' } };
  const method = 'components[0].service_configs[0].attributes.capture_methods[0]';

  test.each([900, 2_000, 50_000, 1_000_000])(
    'is what is too large, not the memory: %i KB',
    (cache_size_kb) => {
      const found = one({
        components: [
          chip({ analogs }, { service_configs: capture('Analogs', { ...reader, cache_size_kb }) }),
        ],
      });
      expect(found.map(({ code, path }) => [code, path])).toEqual([
        ['cache-too-large', `${method}.cache_size_kb`],
      ]);
      expect(found[0]!.message).toMatch(/at most \d+ KB would fit$/);
    },
  );

  test('is named at the data manager’s, where that is whose it is', () => {
    const found = one({
      services: [{ name: 'd', type: 'data_manager', attributes: { cache_size_kb: 50_000 } }],
      components: [chip({ analogs }, { service_configs: capture('Analogs', reader) })],
    });
    expect(found.map(({ code, path }) => [code, path])).toEqual([
      ['cache-too-large', 'services[0].attributes.cache_size_kb'],
    ]);
  });
});

describe('an attribute that stands where nobody reads it', () => {
  const analogs = [{ name: 'A1', pin: 34 }];
  const [service] = capture('Analogs', { additional_params: { reader_name: 'A1' } });
  const { capture_methods } = service!.attributes;
  const [method] = capture_methods;
  const into = (home: string) => `is not read here: it belongs into ${home}`;
  const lost = into(
    "the component's service_configs[].attributes, of type data_manager: nothing of it is captured",
  );

  test.each([
    ['components[0].capture_methods', [chip({ analogs }, { capture_methods })], lost],
    ['components[0].attributes.capture_methods', [chip({ analogs, capture_methods })], lost],
    [
      'components[0].service_configs[0].capture_methods',
      [chip({ analogs }, { service_configs: [{ type: 'data_manager', capture_methods }] })],
      lost,
    ],
    [
      'components[0].attributes.service_configs',
      [chip({ analogs, service_configs: [service] })],
      into('the component itself: nothing of it is captured'),
    ],
    ['components[0].analogs', [chip({}, { analogs })], into("the board's attributes")],
    [
      'components[0].service_configs[0].attributes.additional_params',
      [
        chip(
          { analogs },
          {
            service_configs: [
              {
                type: 'data_manager',
                attributes: { capture_methods, additional_params: method!.additional_params },
              },
            ],
          },
        ),
      ],
      into('an entry of service_configs[].attributes.capture_methods'),
    ],
  ])('is told where it belongs: %s', (path, components, message) => {
    const found = one({ components }).filter(({ code }) => code === 'unknown-attribute');
    expect(at(found)).toEqual([`${path}: ${message}`]);
  });

  test('of the data manager, too', () => {
    const services = [{ name: 'd', type: 'data_manager', sync_interval_mins: 1 }];
    expect(at(one({ services }))).toEqual([
      `services[0].sync_interval_mins: ${into('the attributes of the service of type data_manager')}`,
    ]);
  });

  test('leaves a board that captures nothing, which is said', () => {
    const notes = (configuration: object) =>
      checkFiles(write({ 'board.json': configuration }), { chip: 'esp32', partition: 1 << 20 }).notes;
    expect(notes({ components: [chip({ analogs }, { capture_methods })] })).toEqual([
      expect.stringMatching(/board\.json: nothing is captured$/),
    ]);
    expect(notes({ components: [chip({ analogs }, { service_configs: [service] })] })).toEqual([]);
  });
});

describe('what was refused where it stands', () => {
  test('is not said to be missing where it is captured, nor is another meant', () => {
    const analogs = [
      { name: 'A1', pin: 34 },
      { name: 'A3', pin: 4 },
    ];
    const wanted = (reader_name: string) => ({ additional_params: { reader_name } });
    const of = (name: string) =>
      at(one({ components: [chip({ analogs }, { service_configs: capture('Analogs', wanted(name)) })] }));
    const reader =
      'components[0].service_configs[0].attributes.capture_methods[0].additional_params.reader_name';
    expect(of('A3').at(-1)).toBe(`${reader}: "A3" is left out: see components[0].attributes.analogs[1].name`);
    expect(of('A2').at(-1)).toContain(`${reader}: no analog reader "A2": there is A1; is "A1" meant?`);
  });
});

describe('what was meant', () => {
  test.each([
    [{ component: [] }, 'component', 'components'],
    [{ components: [chip({ analog: [] })] }, 'components[0].attributes.analog', 'analogs'],
    [
      {
        components: [
          chip({ pins: [27] }, { service_configs: capture('Gpios', { additional_params: { pin: '27' } }) }),
        ],
      },
      'components[0].service_configs[0].attributes.capture_methods[0].additional_params.pin',
      'pin_name',
    ],
    [{ components: [{ name: 's', type: 'sensor', model: 'tmp-36' }] }, 'components[0].model', 'tmp36'],
    [{ components: [{ name: 's', type: 'bord', model: 'esp32' }] }, 'components[0].type', 'board'],
  ])('%j', (configuration, path, meant) => {
    const found = one(configuration).find((finding) => finding.path === path);
    expect(found?.message).toContain(`is "${meant}" meant?`);
  });
});

describe('more problems than a device has memory for', () => {
  test('are all named', () => {
    const components = Array.from({ length: 40 }, (_, index) => ({
      name: `s${index}`,
      type: 'sensor',
      model: 'no-such',
    }));
    expect(one({ components })).toHaveLength(40);
  });
});

describe('a main part and its boards', () => {
  const remote = (name: string, service_configs: object[] = []) => ({
    name,
    secret: `of-${name}-5c1e`,
    service_configs,
  });
  const board = { components: [chip({ analogs: [{ name: 'A1', pin: 34 }] })] };
  const wants = (reader_name: string) =>
    capture('Analogs', { name: 'rdk:component:board/chip', additional_params: { reader_name } });

  test('are matched by name, whatever their order, and the main is told what the board lacks', () => {
    const files = {
      'attic.json': board,
      'main.json': { remotes: [remote('cellar', wants('A1')), remote('attic', wants('A3'))] },
      'cellar.json': board,
    };
    expect(at(check(files))).toEqual([
      'remotes[1].service_configs[0].attributes.capture_methods[0].additional_params.reader_name: no analog reader "A3": there is A1; is "A1" meant?',
    ]);
  });

  test('that lie beside each other are taken along', () => {
    const [main] = write({ 'main.json': { remotes: [remote('attic', wants('A3'))] }, 'attic.json': board });
    const { files, findings } = checkFiles([main!], { chip: 'esp32', partition: 1 << 20 });
    expect(files).toHaveLength(2);
    expect(findings).toHaveLength(1);
  });

  test('are not guessed about: a board whose file is not given is said to be unknown', () => {
    const [main] = write({ 'main.json': { remotes: [remote('attic', wants('A3'))] } });
    const { findings, notes } = checkFiles([main!], { chip: 'esp32', partition: 1 << 20 });
    expect(findings).toEqual([]);
    expect(notes).toHaveLength(1);
  });
});

describe('what is right is let be', () => {
  const repository = join(import.meta.dirname, '..', '..');

  test.each(['cli/compose/esp-home.json', 'docs/examples/esp-home.json'])('%s', (name) => {
    expect(checkFiles([join(repository, name)], { chip: 'esp32', partition: 1 << 20 }).findings).toEqual([]);
  });

  test.each([
    ['data-manager', []],
    ['data-manager-micro', []],
    ['esp32-board', []],
    ['mongo-capture', []],
    // A main part of ours has none of the models of Viam's registry.
    ['vision-service', ['unknown-model', 'unknown-model']],
    // It has no board for its reader.
    ['tmp36-and-wifi', ['build-failed']],
    ['remote-camera', ['gateway-only', 'placeholder-secret']],
    ['remote-esp32-corrected', ['json-duplicate', 'json-duplicate', 'placeholder-secret']],
    ['remote-esp32', ['typographic-quotes', 'json-duplicate', 'json-duplicate', 'placeholder-secret']],
    ['camera-elided', ['json-elided']],
  ])('the example %s of the specification, but for what is wrong with it', (name, codes) => {
    const text = readFileSync(join(repository, 'modules/config/test-data', `${name}.jsonc`), 'utf8');
    expect(check({ 'example.json': text }).map(({ code }) => code)).toEqual(codes);
  });
});
