/** The outbox dies at any operation of the disk, with and without the power: 0 lost, 0 doubled, the account right. */
import { expect, test } from 'vitest';
import { seed } from '../../test/chance';
import { endAtEach, OutboxModel } from './test-outbox-model';

const cuts = 100;
const kills = 10;
const failures = 50;
const lives = 5;
const operations = 100;

async function run(
  first: number,
  count: number,
  power: boolean,
  { failing = false, told = (_: OutboxModel): void => undefined } = {},
): Promise<string[]> {
  for (let at = first; at < first + count / lives; at++) {
    const model = new OutboxModel(at, failing);
    for (let life = 0; life < lives; life++) {
      await model.live(power);
      await model.check();
      if (model.violations.length > 0) return [`seed ${at}, life ${life}`, ...model.violations];
    }
    told(model);
  }
  return [];
}

test(`${cuts} power cuts lose nothing and double nothing`, { timeout: 120_000 }, async () => {
  console.log(`seed ${seed}`);
  expect(await run(seed % 1_000_000, cuts, true)).toEqual([]);
});

test(`${kills} kills lose nothing and double nothing`, { timeout: 60_000 }, async () => {
  expect(await run((seed % 1_000_000) + 500, kills, false)).toEqual([]);
});

test('lives on a disk that fails at their starts lose nothing and double nothing', {
  timeout: 120_000,
}, async () => {
  let unread = 0;
  const told = (model: OutboxModel) => {
    unread += model.unread;
  };
  expect(await run(seed % 1_000_000, failures, true, { failing: true, told })).toEqual([]);
  expect(await run(seed % 1_000_000, failures / 5, false, { failing: true, told })).toEqual([]);
  expect(unread).toBeGreaterThan(failures / 5);
});

// Each of a whole life: test/soak/outbox-operations.ts.
test(`a life that ends at each of its first ${operations} operations loses nothing and doubles nothing`, {
  timeout: 120_000,
}, async () => {
  expect(await endAtEach(seed % 1_000_000, operations)).toEqual([]);
});
