import { expect, test } from 'vitest';
import { platformDestinationsOf } from './platform-destinations';

const topic = {
  name: 'platform',
  type: 'platform-mqtt',
  address: 'mqtts://broker.example:8883',
  app_id: 'garden',
};
const entry = {
  name: 'entry',
  type: 'platform-http',
  address: 'https://entry.example/pipeline',
  app_id: 'garden',
};

const of = (destinations: object[] | undefined, environment = {}) =>
  platformDestinationsOf(JSON.stringify({ destinations }), ['cloud', 'viam'], environment);

test('a machine that lists none has none', () => {
  expect(of(undefined)).toEqual([]);
});

test('takes each by its type, also from a configuration with comments', () => {
  expect(
    of([
      { ...topic, user: 'u', password: 'p' },
      { ...entry, key: 'k', lines: true },
    ]),
  ).toEqual([
    {
      name: 'platform',
      type: 'platform-mqtt',
      options: { address: topic.address, appId: 'garden', user: 'u', password: 'p' },
    },
    {
      name: 'entry',
      type: 'platform-http',
      options: { address: entry.address, appId: 'garden', key: 'k', lines: true },
    },
  ]);
  const text = `{ // the garden's\n"destinations": [${JSON.stringify(topic)}] }`;
  expect(platformDestinationsOf(text, [])).toHaveLength(1);
});

test('takes secrets from the environment', () => {
  const [plan] = of([{ ...topic, name: 'my-garden' }], { SLUICE_DESTINATION_MY_GARDEN: 'e' });
  expect(plan!.options).toMatchObject({ password: 'e' });
});

test.each([
  [{ ...topic, name: 'cloud' }, /^destinations\.0\.name: cloud is taken/],
  [{ ...topic, name: 'Two words' }, /^destinations\.0\.name: must be a word/],
  [{ ...topic, type: 'pigeon' }, /^destinations\.0\.type/],
  [{ ...topic, address: 'http://broker.example' }, /^destinations\.0\.address/],
  [{ ...topic, app_id: 'a/b' }, /^destinations\.0\.app_id: must be the name of a project/],
  [{ ...topic, key: 'hidden' }, /^destinations\.0(?!.*hidden)/],
  [
    { ...topic, address: 'mqtt://broker.example', password: 'hidden' },
    /^destinations\.0\.address: a secret goes out in the clear(?!.*hidden)/,
  ],
])('names what is wrong, and no secret: %j', (destination, message) => {
  expect(() => of([destination])).toThrow(message);
});

test('lets a secret out in plain text to this machine, and where that is meant', () => {
  for (const more of [{ address: 'mqtt://127.0.0.1' }, { address: 'mqtt://broker.example', insecure: true }])
    expect(of([{ ...topic, ...more, password: 'p' }])).toHaveLength(1);
});
