import { expect, test } from 'vitest';
import type { ResourcePlan } from '../config/plan';
import { fingerprintOf } from './fingerprint';

const plan: ResourcePlan = {
  name: 'board',
  api: 'rdk:component:board',
  model: 'esp32',
  attributes: '{"analogs":[{"name":"ä","pin":"4"}],"pins":[5,6]}',
  dependencies: ['a', 'b'],
  path: 'components[0]',
};

test('a plan in another place has the same fingerprint', () => {
  expect(fingerprintOf({ ...plan, path: 'components[1]', dependencies: ['a', 'b'] })).toBe(
    fingerprintOf(plan),
  );
});

test('a plan that differs in one character has another fingerprint', () => {
  const seen = new Set([fingerprintOf(plan)]);
  const { attributes } = plan;
  const others: Partial<ResourcePlan>[] = [
    { model: 'fake' },
    { dependencies: ['b', 'a'] },
    { dependencies: ['a'] },
  ];
  for (let at = 0; at < attributes.length; at++)
    others.push({ attributes: `${attributes.slice(0, at)}7${attributes.slice(at + 1)}` });
  for (const other of others) seen.add(fingerprintOf({ ...plan, ...other }));
  expect(seen.size).toBe(1 + others.length);
});
