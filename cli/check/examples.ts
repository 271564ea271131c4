/** For each code of a problem the smallest configuration that has it: what tests run, and what the reference shows. */
import type { CheckCode } from './codes';

export interface Example {
  severity: 'error' | 'warning';
  /** Where it is found. */
  path: string;
  /** Files by their names, texts or values; the problem is in the first. */
  files: Record<string, string | Uint8Array | object>;
  /** Of the board; `esp32` when left out. */
  chip?: string;
}

type Entry = Record<string, unknown>;

const analogs = [{ name: 'A1', pin: 34 }];
const reader = (more: Entry = {}): Entry => ({
  method: 'Analogs',
  capture_frequency_hz: 10,
  additional_params: { reader_name: 'A1' },
  ...more,
});
const captures = (...methods: Entry[]): Entry[] => [
  { type: 'data_manager', attributes: { capture_methods: methods } },
];
const board = (attributes: Entry = { analogs }, ...methods: Entry[]): Entry => ({
  name: 'chip',
  type: 'board',
  model: 'esp32',
  attributes,
  ...(methods.length > 0 && { service_configs: captures(...methods) }),
});
const sensor = (name: string, more: Entry = {}): Entry => ({
  name,
  type: 'sensor',
  model: 'fake',
  attributes: {},
  ...more,
});
const every = captures({ method: 'Readings', capture_frequency_hz: 1 });
const manager = (attributes: Entry): Entry => ({ name: 'data', type: 'data_manager', attributes });
const remote = (more: Entry = {}): Entry => ({ name: 'esp-home', secret: 'only-for-tests-9f1c', ...more });
const asked = (more: Entry = {}): Entry[] => captures(reader({ name: 'rdk:component:board/chip', ...more }));

const one = (
  severity: Example['severity'],
  path: string,
  configuration: string | Uint8Array | object,
  chip?: string,
): Example => ({ severity, path, files: { 'esp-home.json': configuration }, ...(chip && { chip }) });
const ofMain = (severity: Example['severity'], path: string, configuration: string | object): Example => ({
  severity,
  path,
  files: { 'main.json': configuration },
});
const components = (...entries: Entry[]) => ({ components: entries });
const method = 'components[0].service_configs[0].attributes.capture_methods[0]';

export const examples: Partial<Record<CheckCode, Example>> = {
  'bad-value': { severity: 'error', path: 'time_zone', files: { 'cloud.json': { time_zone: 'Berlin' } } },
  'json-elided': ofMain('warning', '$', '{ "remotes": [ ... ], "services": [] }'),
  'typographic-quotes': ofMain('warning', '$', '{ "remotes": [], “services”: [] }'),
  'json-syntax': one('error', '$', '{\n  "components": [,]\n}\n'),
  'json-too-large': one('error', '$', `${'['.repeat(17)}${']'.repeat(17)}`),
  'json-duplicate': one('warning', '$', '{ "components": [], "components": [] }'),
  'wrong-type': one('error', 'services[0].attributes.tags', { services: [manager({ tags: 'lab' })] }),
  'bad-text': one(
    'error',
    `${method}.additional_params.reader_name`,
    components(board({ analogs }, reader({ additional_params: { reader_name: 'A\u0000' } }))),
  ),
  'out-of-range': one(
    'error',
    'components[0].attributes.analogs[0].pin',
    components(board({ analogs: [{ name: 'A1', pin: 4 }] })),
  ),
  'missing-attribute': one('error', 'components[0].name', components({ type: 'sensor', model: 'fake' })),
  'unknown-attribute': one(
    'warning',
    `${method}.capture_frequncy_hz`,
    components(board({ analogs }, reader({ capture_frequncy_hz: 10 }))),
  ),
  'not-for-this-device': one(
    'warning',
    'components[0].service_configs[0].type',
    components(sensor('s', { service_configs: [{ type: 'data_manger', attributes: {} }] })),
  ),
  'bad-name': ofMain('warning', 'remotes[0].name', { remotes: [remote({ name: 'living room' })] }),
  'too-large': ofMain('error', 'remotes[0].service_configs', {
    remotes: [
      remote({
        service_configs: captures(
          ...Array.from({ length: 90 }, (_, index) =>
            reader({ name: `rdk:component:board/the-board-of-the-living-room-${index}` }),
          ),
        ),
      }),
    ],
  }),
  'duplicate-name': one('error', 'components[1].name', components(sensor('s'), sensor('s'))),
  'duplicate-collector': one(
    'error',
    'components[0].service_configs[0].attributes.capture_methods[1].method',
    components(board({ analogs }, reader(), reader({ capture_frequency_hz: 20 }))),
  ),
  'unknown-api': one('error', 'components[0].type', components({ name: 's', type: 'sensr', model: 'fake' })),
  'unknown-method': one(
    'error',
    `${method}.method`,
    components(board({ analogs }, reader({ method: 'Reading' }))),
  ),
  'unknown-model': one('error', 'components[0].model', components(sensor('s', { model: 'tmp63' }))),
  'unknown-resource': one(
    'warning',
    'components[1].depends_on[0]',
    components(board(), sensor('s', { depends_on: ['chop'] })),
  ),
  'missing-parameter': one(
    'error',
    `${method}.additional_params.reader_name`,
    components(board({ analogs }, reader({ additional_params: {} }))),
  ),
  'gateway-only': one(
    'error',
    'components[0].type',
    components({ name: 'cam', type: 'camera', model: 'esp32-camera' }, board()),
  ),
  'bad-frequency': one(
    'error',
    `${method}.capture_frequency_hz`,
    components(board({ analogs }, reader({ capture_frequency_hz: -10 }))),
  ),
  'frequency-rounded': one(
    'warning',
    `${method}.capture_frequency_hz`,
    components(board({ analogs }, reader({ capture_frequency_hz: 0.123456789 }))),
  ),
  'cache-too-small': one(
    'error',
    `${method}.cache_size_kb`,
    components(board({ analogs }, reader({ cache_size_kb: 0.5 }))),
  ),
  'bad-tag': one('error', 'services[0].attributes.tags[0]', { services: [manager({ tags: ['my lab'] })] }),
  'dependency-cycle': one(
    'error',
    'components[0]',
    components(sensor('a', { depends_on: ['b'] }), sensor('b', { depends_on: ['a'] })),
  ),
  'no-memory': one(
    'error',
    'components[30].model',
    components(...Array.from({ length: 40 }, (_, index) => sensor(`s${index}`, { service_configs: every }))),
  ),
  'build-failed': one(
    'error',
    'components[0].attributes.analogs[1].pin',
    components(board({ analogs: [...analogs, { name: 'A2', pin: 34 }] })),
  ),
  'no-source': one(
    'error',
    `${method}.additional_params.reader_name`,
    components(board({ analogs }, reader({ additional_params: { reader_name: 'A2' } }))),
  ),
  'too-many': one(
    'error',
    'components[48].name',
    components(...Array.from({ length: 49 }, (_, index) => sensor(`s${index}`))),
  ),
  'cannot-read': one('error', '$', Buffer.from('\ufeff{ "components": [] }', 'utf16le')),
  'board-as-main': ofMain('error', '$', components(board())),
  'main-as-board': {
    severity: 'error',
    path: '$',
    files: {
      'esp-home.json': { remotes: [remote({ name: 'esp-other' })] },
      'main.json': { remotes: [remote()] },
    },
  },
  'two-owners': {
    severity: 'warning',
    path: 'remotes[0].service_configs[0].attributes.capture_methods[0]',
    files: {
      'main.json': { remotes: [remote({ service_configs: asked() })] },
      'esp-home.json': components(board({ analogs }, reader())),
    },
  },
  'cache-too-large': one(
    'error',
    `${method}.cache_size_kb`,
    components(board({ analogs }, reader({ cache_size_kb: 2000 }))),
  ),
  'rate-too-high': one(
    'warning',
    `${method}.capture_frequency_hz`,
    components(board({ analogs }, reader({ capture_frequency_hz: 4000 }))),
  ),
  'console-pin': one('warning', 'components[0].attributes.pins[0]', components(board({ pins: [1] }))),
  'strapping-pin': one('warning', 'components[0].attributes.pins[0]', components(board({ pins: [12] }))),
  'number-as-text': one(
    'warning',
    `${method}.capture_frequency_hz`,
    components(board({ analogs }, reader({ capture_frequency_hz: '10' }))),
  ),
  'zero-is-default': one('warning', 'services[0].attributes.sync_interval_mins', {
    services: [manager({ sync_interval_mins: 0 })],
  }),
  'placeholder-secret': ofMain('error', 'remotes[0].secret', { remotes: [remote({ secret: 'REDACTED' })] }),
  'same-secret': ofMain('warning', 'remotes[1].secret', {
    remotes: [remote(), remote({ name: 'esp-attic' })],
  }),
};
