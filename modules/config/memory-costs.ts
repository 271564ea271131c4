/**
 * What a device's parts take of the memory of XS, as the engine itself accounts for them: slots of 16 B and bytes of
 * chunks. The figures are measured, and held to the engine's account by `test/simulation/memory-budget.test.ts`.
 */

export interface MemoryCost {
  readonly slots: number;
  readonly chunks: number;
}

/** The memory that the SDK gives XS on a chip (`creation` of its targets). */
export interface ChipMemory {
  /** Bytes that slots, chunks and the stack share; 0: slots and chunks have pools of their own. */
  readonly shared: number;
  /** Slots of the pool, or of the stack where all is shared. */
  readonly slots: number;
  /** Bytes of the pool. */
  readonly chunks: number;
  /** Bytes that the RAM head of the flash log may have at the most, beside everything else. */
  readonly headRoom: number;
}

const pools: ChipMemory = { shared: 0, slots: 4_928, chunks: 78_848, headRoom: 32_000 };

const chips: Readonly<Record<string, ChipMemory>> = Object.freeze<Record<string, ChipMemory>>(
  {
    esp32: pools,
    esp32s3: pools,
    esp32c6: pools,
    esp32c3: { shared: 94_208, slots: 384, chunks: 0, headRoom: 16_000 },
  },
  true,
);

export const chipNames: readonly string[] = Object.freeze(Object.keys(chips));

/** @throws Error for a chip that is not in the table */
export function memoryOf(chip: string): ChipMemory {
  if (chipNames.includes(chip)) return chips[chip]!;
  throw new Error(`unknown chip "${chip}": one of ${chipNames.join(', ')}`);
}

export const slotBytes = 16;

/** The device without resources and streams, its RAM head left out: the link's session is open, the log is full. */
export const deviceCost: MemoryCost = Object.freeze({ slots: 600, chunks: 6_000 });
/** What comes and goes while it captures and delivers: an encoding, a message, a status that is asked for. */
export const workCost: MemoryCost = Object.freeze({ slots: 160, chunks: 2_000 });
/** A TLS session: while it is made, and what it keeps, as measured on the SDK's (host-sim/network/README.md). */
export const handshakeCost: MemoryCost = Object.freeze({ slots: 256, chunks: 6_656 });
export const secureCost: MemoryCost = Object.freeze({ slots: 192, chunks: 1_792 });
/**
 * A new configuration beside the one that runs: its reader; each resource in it, with what may be wrong with it; each
 * collector, of which the one it replaces is not delivered yet. Its text comes on top.
 */
export const readerCost: MemoryCost = Object.freeze({ slots: 40, chunks: 400 });
export const resourcePlanCost: MemoryCost = Object.freeze({ slots: 20, chunks: 150 });
export const collectorPlanCost: MemoryCost = Object.freeze({ slots: 14, chunks: 32 });
/** What is wrong with a configuration, each time that it is said: until the answer has gone. */
export const problemCost: MemoryCost = Object.freeze({ slots: 5, chunks: 150 });
/** A collector that ended, while it is listed: its ring, its counts and its plan. */
export const endedCost: MemoryCost = Object.freeze({ slots: 40, chunks: 112 });
/** By what XS takes more at once than it needs. */
export const growthCost: MemoryCost = Object.freeze({ slots: 64, chunks: 512 });
/** A stream of an earlier boot that is still to be delivered. */
export const earlierCost: MemoryCost = Object.freeze({ slots: 32, chunks: 320 });

/** What streams of a kind share, taken with the first one. */
export const sharedCosts: Readonly<Record<string, MemoryCost>> = Object.freeze<Record<string, MemoryCost>>(
  {
    integer: { slots: 72, chunks: 2_000 },
    boolean: { slots: 20, chunks: 0 },
    double: { slots: 20, chunks: 0 },
    record: { slots: 20, chunks: 0 },
  },
  true,
);
/** A stream: collector, encoder and ring, without the open block and the ring's index. */
export const streamCosts: Readonly<Record<string, MemoryCost>> = Object.freeze<Record<string, MemoryCost>>(
  {
    integer: { slots: 66, chunks: 780 },
    boolean: { slots: 62, chunks: 490 },
    double: { slots: 84, chunks: 540 },
    record: { slots: 98, chunks: 380 },
  },
  true,
);
/** Bytes of a ring's index: two for each block, a quarter more than its quota has, and sixteen (modules/ring). */
export function ringIndexCost(quota: number, target: number): number {
  return 2 * (Math.ceil((1.25 * quota) / target) + 16);
}
/** Each number of a record. */
export const fieldCost: MemoryCost = Object.freeze({ slots: 12, chunks: 24 });
/**
 * Where the part publishes its readings by itself: a block of records that is opened, with a message at hand; and each
 * value, object and list of the record.
 */
export const publishCost: MemoryCost = Object.freeze({ slots: 24, chunks: 3_000 });
export const publishedCost: MemoryCost = Object.freeze({ slots: 4, chunks: 150 });
/** Bytes that a record's values have in its message at the most, by its values, objects and lists: as reckoned in these. */
export function longestPayload(nodes: number): number {
  return 2_500 + 48 * nodes;
}
/** What only streams of another rate, or of another resource, method or size do not share. */
export const groupCost: MemoryCost = Object.freeze({ slots: 36, chunks: 32 });

/** What a resource of a model takes, itself alone: what its lists hold comes on top. */
export interface ModelCost extends MemoryCost {
  /** Numbers in the record of its `Readings`. */
  readonly fields: number;
}

const component = 'rdk:component:';
/** By API and model. */
const models: Readonly<Record<string, ModelCost>> = Object.freeze<Record<string, ModelCost>>(
  {
    'arm/fake': model(32, 176),
    'board/esp32': model(24, 96),
    'board/fake': model(24, 96),
    'encoder/fake': model(10, 64),
    'encoder/fake_incremental': model(10, 64),
    'encoder/incremental': model(22, 112),
    'encoder/single': model(36, 160),
    'gantry/fake': model(16, 80),
    'motor/fake': model(18, 64),
    'motor/gpio': model(62, 176),
    'movement_sensor/accel-adxl345': model(54, 160),
    'movement_sensor/fake': model(48, 64, 8),
    'movement_sensor/gyro-mpu6050': model(60, 176, 7),
    'power_sensor/fake': model(14, 64, 3),
    'power_sensor/ina219': model(52, 160, 3),
    'sensor/bme280': model(58, 480, 3),
    'sensor/fake': model(12, 64, 1),
    'sensor/free-heap': model(16, 64, 1),
    'sensor/tmp36': model(24, 112, 1),
    'sensor/ultrasonic': model(36, 400, 1),
    'sensor/wifi-rssi': model(12, 64, 1),
    'servo/fake': model(10, 64),
    'servo/gpio': model(48, 160),
  },
  true,
);
/** One that is not listed, such as one of your own. */
export const unknownModel: ModelCost = Object.freeze(model(64, 512, 8), true);

/** Names that come up at run time, of a source of a model that is not listed: they are reckoned in what it takes. */
export const namesOfSource = 8;

export const modelNames: readonly string[] = Object.freeze(Object.keys(models));

/** @param api `rdk:component:sensor` @param model comes from outside: as a property's name XS would keep it for ever */
export function costOfModel(api: string, model: string): ModelCost {
  const name = `${api.slice(component.length)}/${model}`;
  return modelNames.includes(name) ? models[name]! : unknownModel;
}

function model(slots: number, chunks: number, fields = 0): ModelCost {
  return { slots, chunks, fields };
}

/** An entry of a list among a resource's attributes. */
export const entryCosts: Readonly<Record<string, MemoryCost>> = Object.freeze<Record<string, MemoryCost>>(
  {
    analogs: { slots: 8, chunks: 56 },
    pins: { slots: 12, chunks: 40 },
    digital_interrupts: { slots: 31, chunks: 136 },
    i2cs: { slots: 10, chunks: 64 },
  },
  true,
);

export const entryLists: readonly string[] = Object.freeze(Object.keys(entryCosts));

/** Numbers in the record that a method yields; of `Readings` the model says it. */
export const fieldsOfMethod: Readonly<Record<string, number>> = Object.freeze({
  AngularVelocity: 3,
  EndPosition: 7,
  IsPowered: 2,
  JointPositions: 6,
  Lengths: 3,
  LinearAcceleration: 3,
  LinearVelocity: 3,
  Orientation: 4,
  Position: 3,
});
