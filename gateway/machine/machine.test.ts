import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findDriver } from '../resources/registry';
import { machineJsonSchema } from './json-schema';
import { readMachine } from './machine';

const examples = join(import.meta.dirname, '../../modules/config/test-data');
const example = (name: string) => readFileSync(join(examples, name), 'utf8');
const errorsOf = (text: string) =>
  readMachine(text).problems.flatMap(({ severity, code, path, message }) =>
    severity === 'error' ? `${code} at ${path}: ${message}` : [],
  );
const machineWith = (attributes: object) =>
  JSON.stringify({ services: [{ name: 'dm', type: 'data_manager', attributes }] });

describe('each example of the specification', () => {
  test.each(readdirSync(examples))('%s is read as it stands, without an error', (name) => {
    // Its secret is none: that is said.
    const others = errorsOf(example(name)).filter(
      (problem) => !problem.includes('"REDACTED" is what an example has'),
    );
    expect(others).toEqual([]);
  });

  test('names what its machine cannot run here, by models that have no driver', () => {
    const models = readdirSync(examples).flatMap((name) =>
      readMachine(example(name)).resources.flatMap(({ api, model }) =>
        findDriver(api, model) ? [] : `${api} ${model}`,
      ),
    );
    expect([...new Set(models)].sort()).toEqual([
      'rdk:component:board esp32',
      'rdk:component:sensor tmp36',
      'rdk:component:sensor wifi-rssi',
      'rdk:service:mlmodel viam:mlmodel-tflite:tflite_cpu',
      'rdk:service:vision mlmodel',
    ]);
  });
});

describe('a wrong configuration', () => {
  test('names each place once, and the rest is planned', () => {
    const text = JSON.stringify({
      modules: 5,
      remotes: [{ name: 'esp-home', secret: 'only-for-tests-9f1c', prefix: 7 }],
      components: [
        { name: 's', type: 'sensor', model: 'fake' },
        { name: 't', type: 'sensor', model: 'fake', depends_on: 'board' },
      ],
    });
    const plan = readMachine(text);
    expect(errorsOf(text).map((problem) => problem.split(':')[0])).toEqual([
      'wrong-type at components[1].depends_on',
      'wrong-type at remotes[0].prefix',
      'wrong-type at modules',
    ]);
    expect(plan.remotes.map(({ name }) => name)).toEqual(['esp-home']);
    expect(plan.resources.map(({ name }) => name)).toContain('s');
  });

  test('has no remote that everybody could pass for: a secret of an example is named, and is none', () => {
    const remotes = [
      { name: 'attic', secret: 'replace-me-by-something-long-and-random' },
      { name: 'cellar', secret: 'of-the-cellar-9f1c' },
      { name: 'far', address: 'far.example:8080', dial: true, secret: 'REDACTED' },
    ];
    const plan = readMachine(JSON.stringify({ remotes }));
    expect(plan.problems.map(({ code, path }) => `${code} at ${path}`)).toEqual([
      'placeholder-secret at remotes[0].secret',
      'placeholder-secret at remotes[2].secret',
    ]);
    expect(plan.remotes.map(({ name, secret }) => [name, secret])).toEqual([
      ['attic', ''],
      ['cellar', 'of-the-cellar-9f1c'],
      ['far', ''],
    ]);
    expect(plan.remotes[2]!.dial).toEqual({ insecure: false });
  });

  test.each([
    ['sync_interval_mins', -1],
    ['delete_every_nth_when_disk_full', -5],
    ['maximum_num_sync_threads', -1],
    ['maximum_capture_file_size_bytes', -1],
    ['file_last_modified_millis', -1],
    ['disk_usage_deletion_threshold', -0.1],
    ['capture_dir_deletion_threshold', -0.1],
    ['cache_size_kb', -1],
  ])('is told that %s is not %s, by its name', (name, value) => {
    expect(errorsOf(machineWith({ [name]: value })).join()).toMatch(
      new RegExp(`at services\\[0\\]\\.attributes\\.${name}: ${name} can't be negative`),
    );
  });

  test('of an attribute of another type is an error at its path', () => {
    expect(errorsOf(machineWith({ tags: 'one' }))).toHaveLength(1);
    expect(errorsOf(machineWith({ mongo_capture_config: 'mongodb://h' }))).toHaveLength(1);
    expect(errorsOf(machineWith({ capture_dir: 7 }))).toHaveLength(1);
  });

  test('that is no JSON plans nothing, and says where it is wrong', () => {
    expect(errorsOf('{"components": [}')).toEqual([
      expect.stringMatching(/^json-syntax at \$: line 1, column 17/),
    ]);
  });
});

test('zero and empty are what an unset field comes as: the defaults', () => {
  const zero = {
    capture_dir: '',
    sync_interval_mins: 0,
    delete_every_nth_when_disk_full: 0,
    maximum_num_sync_threads: 0,
    maximum_capture_file_size_bytes: 0,
    file_last_modified_millis: 0,
    tags: [],
    additional_sync_paths: [],
    mongo_capture_config: { uri: '' },
  };
  const { dataManager, problems } = readMachine(machineWith(zero));
  expect(problems).toEqual([]);
  const { configured: _, name: __, ...settings } = dataManager;
  const { configured: ___, name: ____, ...defaults } = readMachine('{}').dataManager;
  expect(JSON.parse(JSON.stringify(settings))).toEqual(JSON.parse(JSON.stringify(defaults)));
});

describe('the schema for editors', () => {
  interface Conditional {
    if: { properties: { type: { enum: string[] }; model?: { enum: string[] } } };
    then: { properties: { attributes: { properties: Record<string, { description?: string }> } } };
  }
  const schema = JSON.parse(machineJsonSchema()) as {
    properties: Record<string, { items: { allOf: Conditional[] } }>;
  };

  test('has the attributes of each model, described', () => {
    const { allOf } = schema.properties.components!.items;
    const webcam = allOf.find((each) => each.if.properties.model?.enum.includes('webcam'))!;
    expect(webcam.if.properties.type.enum).toEqual(['camera', 'rdk:component:camera']);
    const { properties } = webcam.then.properties.attributes;
    expect(properties.video_path?.description).toMatch(/dev/);
  });

  test('has every attribute of the data manager that the planner knows', () => {
    const all = schema.properties.services!.items.allOf;
    const manager = all.find((each) => each.if.properties.type.enum.includes('data_manager'))!;
    const { properties } = manager.then.properties.attributes;
    const written = Object.fromEntries(Object.keys(properties).map((name) => [name, null]));
    const unknown = readMachine(machineWith(written)).problems.filter(
      ({ code }) => code === 'unknown-attribute',
    );
    expect(unknown).toEqual([]);
    for (const [name, { description }] of Object.entries(properties)) expect(description, name).toBeTruthy();
  });
});
