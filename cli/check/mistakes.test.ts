import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Checked, checkFiles } from './check';

const folder = mkdtempSync(join(tmpdir(), 'sluice-mistakes-'));
afterAll(() => rmSync(folder, { recursive: true }));

function look(configuration: unknown): Checked {
  const path = join(folder, 'home.json');
  writeFileSync(path, typeof configuration === 'string' ? configuration : JSON.stringify(configuration));
  return checkFiles([path], { chip: 'esp32', partition: 1 << 20 });
}

const found = (configuration: unknown) =>
  look(configuration).findings.map(({ path, message }) => `${path}: ${message}`);

const chip = (attributes: object) => ({ name: 'chip', type: 'board', model: 'esp32', attributes });
const captures = (...methods: object[]) => [
  { type: 'data_manager', attributes: { capture_methods: methods } },
];

describe('a name that is misspelt', () => {
  test('of an attribute that a driver cannot do without is told what it was meant to be', () => {
    const attributes = { triger_pin: 18, echo_interrupt_pin: 19 };
    expect(
      found({ components: [{ name: 'sonar', type: 'sensor', model: 'ultrasonic', attributes }] }),
    ).toEqual([
      'components[0].attributes.trigger_pin: is required',
      'components[0].attributes.triger_pin: is not read by anything here; is "trigger_pin" meant?',
    ]);
  });

  test('of the board that an actuator is on is told at the name', () => {
    const arm = { name: 'arm', type: 'servo', model: 'gpio', attributes: { board: 'chop', pin: '27' } };
    expect(found({ components: [chip({ pins: [27] }), arm] })).toEqual([
      'components[1].attributes.board: arm depends on chop, which is not there; is "chip" meant?',
      'components[1].attributes.board: arm: needs rdk:component:board/chop, which is not there or was not built',
    ]);
  });

  test('of what a main part has is told its model, or what it is', () => {
    const camera = { name: 'eye', type: 'camera', model: 'web_cam' };
    const manager = { name: 'data', api: 'rdk:service:data_manger', model: 'builtin' };
    expect(found({ components: [camera], services: [manager], remotes: [] })).toEqual([
      expect.stringMatching(/^components\[0\]\.model: .*; is "webcam" meant\?$/),
      expect.stringMatching(/^services\[0\]\.model: .*; is "rdk:service:data_manager" meant\?$/),
    ]);
  });

  test('is no number: the nearest pin is not the one that was meant', () => {
    const gpios = { method: 'Gpios', capture_frequency_hz: 1, additional_params: { pin_name: '26' } };
    const board = { ...chip({ pins: [27] }), service_configs: captures(gpios) };
    expect(found({ components: [board] })).toEqual([
      expect.stringMatching(/pin_name: pin "26" is not among the board's pins: there is 27$/),
    ]);
  });
});

describe('what is of the wrong kind', () => {
  test('is told in one way, whoever reads it', () => {
    const remotes = [{ name: 'other', address: 5, dial: 'yes', secret: 'only-for-tests-9f1c' }];
    const destinations = [{ name: 'far', type: 'clod', address: [], app_id: 'home' }];
    const eye = { name: 'eye', type: 'camera', model: 'webcam', attributes: { width_px: 'wide' } };
    expect(found({ components: [eye], remotes, destinations })).toEqual([
      'remotes[0].dial: must be true or false, not "yes"',
      'remotes[0].address: must be a string, not a number',
      'destinations[0].type: must be one of platform-mqtt, platform-http',
      'destinations[0].address: must be a string, not a list',
      'components[0].attributes.width_px: must be a number, not a string',
    ]);
  });

  test('is told as missing where nothing is', () => {
    const destinations = [{ name: 'far', type: 'platform-http', address: 'http://far.example' }];
    const { findings } = look({ remotes: [], destinations });
    expect(findings).toMatchObject([
      { code: 'missing-attribute', path: 'destinations[0].app_id', message: 'is required' },
    ]);
  });
});

test('every member that is there twice is named, the last of which counts', () => {
  const text = '{"components":[{"name":"a","name":"b","type":"sensor","model":"fake"}],\n"components":[]}';
  expect(found(text)).toEqual([
    '$: line 1, column 28: a second "name"; the last one counts',
    '$: line 2, column 1: a second "components"; the last one counts',
  ]);
});

test('a configuration of something else is said to start nothing', () => {
  for (const nothing of [{}, { http: { port: 80 } }])
    expect(look(nothing).notes).toEqual([expect.stringMatching(/home\.json: nothing is configured/)]);
  expect(look({ components: [] }).notes).toEqual([]);
});
