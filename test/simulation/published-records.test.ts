/** A part that publishes by itself publishes records, whatever they are: each value once, and nothing restarts. */
import { expect, test } from 'vitest';
import { budgetOf } from '../../modules/config/memory-budget';
import { secureCost, slotBytes } from '../../modules/config/memory-costs';
import { parsePart } from '../../modules/config/part';
import { recordFirmware } from './hostile-firmware';
import { type PublishedSensor, type PublishingOptions, PublishingPart } from './publishing-part';

const minute = 60_000;

function sensor(name: string, model: string, attributes: object): PublishedSensor {
  return { name, model, attributes, hertz: 1, cacheKb: 4 };
}

type Values = Record<string, unknown>;

/** Of each sensor the values that were taken, each message once. */
function recordsOf({ broker }: PublishingPart, names: readonly string[]): Map<string, Values[]> {
  const records = new Map(names.map((name): [string, Map<string, Values>] => [name, new Map()]));
  for (const { text } of broker.taken) {
    const { payload_fields, sluice, tag_fields } = JSON.parse(text) as {
      payload_fields: Values;
      sluice: { block: string; index: number };
      tag_fields: { resource: string };
    };
    const name = tag_fields.resource.split('/')[1]!;
    records.get(name)?.set(`${sluice.block} ${sluice.index}`, payload_fields);
  }
  return new Map([...records].map(([name, list]) => [name, [...list.values()]]));
}

/** What a reading of `record-sensor.ts` is as a message: its numbers are quarters that count up. */
function expectedOf(name: string, fields: readonly string[], reads: number, text?: string): Values {
  const prefix = `${name}_Readings_`;
  const numbers = fields.map((field, index) => [prefix + field, (reads + index) / 4]);
  return {
    [`${prefix}reads`]: reads,
    ...Object.fromEntries(numbers),
    ...(text !== undefined && { [`${prefix}text`]: text + reads }),
  };
}

/** Of each shape the names of so many numbers, or of some more. */
function fieldsOf(numbers: number): Record<'list' | 'nested' | 'deep', string[]> {
  const each = Array.from({ length: numbers }, (_, index) => index);
  const groups = each.filter((index) => index % 4 === 0).map((index) => `g${index / 4}`);
  return {
    list: each.map((index) => `list_${index}`),
    nested: groups.flatMap((group) => ['c', 'd', 'inner_a', 'inner_b'].map((name) => `${group}_${name}`)),
    deep: each.map((index) => `in_side_of_n${index}`),
  };
}

test.each([
  { board: 'esp32c3', numbers: 16 },
  { board: 'esp32', numbers: 36 },
] as const)(
  'records with lists, with objects in objects and with texts arrive from an $board as they were read, beside hostile ones',
  { timeout: 120_000 },
  async ({ board, numbers }) => {
    const fields = fieldsOf(numbers);
    const shapes = Object.keys(fields) as (keyof typeof fields)[];
    const part = new PublishingPart({
      board,
      frequencies: [10],
      firmware: recordFirmware(),
      sensors: [
        ...shapes.map((shape) =>
          sensor(shape, 'records', { shape, numbers: fields[shape].length, characters: 24 }),
        ),
        sensor('hostile', 'hostile', { seed: 3 }),
      ],
    });
    try {
      await part.start();
      await part.clock.run(5 * minute);
      const { missing } = await part.arrivals();
      expect(missing).toBe(0);
      expect(part.device.exits.map(({ reason }) => reason)).toEqual(['stopped']);
      const records = recordsOf(part, [...shapes, 'hostile']);
      for (const shape of shapes) {
        const arrived = records.get(shape)!;
        // The last sync may be six seconds ago.
        expect(arrived.length).toBeGreaterThan(290);
        const expected = arrived.map((_, reads) => expectedOf(shape, fields[shape], reads, 'é"😀'.repeat(6)));
        expect(arrived).toEqual(expected);
      }
      expect(records.get('hostile')!.length).toBeGreaterThan(100);
    } finally {
      await part.close();
    }
  },
);

/** A C3 without the memory that a TLS session keeps: the connection here has none. */
const withoutSession = 94_208 - slotBytes * secureCost.slots - secureCost.chunks;
/** Numbers of which a record fits a block. */
const mostInBlock = { list: 90, flat: 55 };

test.each([
  { board: 'esp32c3', shape: 'list', sensors: 1 },
  { board: 'esp32c3', shape: 'flat', sensors: 3 },
  { board: 'esp32c3', shape: 'list', sensors: 6 },
  { board: 'esp32', shape: 'list', sensors: 3 },
  { board: 'esp32', shape: 'flat', sensors: 6 },
] as const)(
  'an $board publishes the largest records it admits, with late ones between: $shape by $sensors sensors',
  { timeout: 120_000 },
  async ({ board, shape, sensors }) => {
    const options = (numbers: number): PublishingOptions => ({
      board,
      ...(board === 'esp32c3' && { arena: withoutSession }),
      frequencies: [10],
      firmware: recordFirmware(),
      sensors: Array.from({ length: sensors }, (_, index) =>
        sensor(`s${index}`, 'records', { shape, numbers }),
      ),
    });
    const budget = budgetOf(board);
    budget.publishes = true;
    parsePart(new PublishingPart(options(1)).configuration, undefined, undefined, budget);
    // The record itself, the list in it, and how often it was read.
    const numbers = Math.min(budget.recordNodes - 3, mostInBlock[shape]);
    console.log(`${board}: ${sensors} records of ${numbers} numbers`);
    const part = new PublishingPart(options(numbers));
    part.broker.treat = ({ duplicate }, { published }) =>
      published % 50 === 0 && !duplicate ? { lost: true } : undefined;
    try {
      await part.start();
      await part.clock.run(3 * minute);
      expect(part.device.exits).toEqual([]);
      const names = Array.from({ length: sensors }, (_, index) => `s${index}`);
      for (const records of recordsOf(part, names).values()) {
        expect(records.length).toBeGreaterThan(160);
        expect(Object.keys(records[0]!)).toHaveLength(numbers + 1);
      }
      const { missing } = await part.arrivals();
      expect(missing).toBe(0);
    } finally {
      await part.close();
    }
  },
);
