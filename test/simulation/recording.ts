/** What a device really sent of twelve streams at 100 Hz, to be replayed by many parts: XS would be too slow for them. */
import { StrictDisk } from '../../common/storage/strict-disk';
import { SimulatedDevice, VirtualClock } from '../../host-sim/device';
import { root } from '../../host-sim/manifest/paths';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { constant, noise } from '../../host-sim/signals';
import { checkOfWords } from '../../modules/block/check';
import { DecodedBlock, decodeBlock } from '../../modules/block/decoder';
import type { BootId } from '../../modules/block/types';
import { link } from '../../proto/link.js';
import { pinsOf } from './scenario';
import { SimulatedGateway } from './simulated-gateway';

const part = 'recorded';
const secret = 'a secret of the simulation';
const port = 8080;
/** The part's own, and those that the main adds. */
const own = 10;
const added = 2;
export const streamsOfPart = own + added;

export interface RecordedBlock {
  /** ms since the device's first. */
  at: number;
  stream: number;
  sequence: number;
  readings: number;
  /** Monotonic ms of its first reading and its last. */
  start: number;
  end: number;
  bytes: Uint8Array;
}

export interface Recording {
  boot: BootId;
  /** By the stream's number. */
  declarations: link.IStreamDeclaration[];
  /** As they were sent. */
  blocks: RecordedBlock[];
}

const captured = (methods: object[]) =>
  JSON.stringify([{ type: 'data_manager', attributes: { capture_methods: methods } }]);

const analog = (pin: number) => ({
  method: 'Analogs',
  capture_frequency_hz: 100,
  cache_size_kb: 20,
  additional_params: { reader_name: `P${pin}` },
});

function configuration(): { revision: string; part: string; additions: string } {
  const pins = pinsOf.esp32s3;
  const board = {
    name: 'board',
    api: 'rdk:component:board',
    model: 'esp32',
    attributes: { analogs: pins.map((pin) => ({ name: `P${pin}`, pin })) },
    service_configs: JSON.parse(captured(pins.slice(0, own).map(analog))) as object[],
  };
  const additions = pins
    .slice(0, added)
    .map((pin) => ({ ...analog(pin), name: 'rdk:component:board/board' }));
  return { revision: 'r1', part: JSON.stringify({ components: [board] }), additions: captured(additions) };
}

/** @param length ms */
export async function record(length: number): Promise<Recording> {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork({ seed: 1, latency: 5 });
  const text = configuration();
  const declarations = new Map<number, link.IStreamDeclaration>();
  const blocks: RecordedBlock[] = [];
  const gateway = new SimulatedGateway({
    clock,
    network,
    disk: new StrictDisk(),
    secrets: { [part]: secret },
    configurations: new Map([[part, text]]),
    random: () => 0.5,
    port,
    received: (bytes) => {
      const envelope = link.Envelope.decode(bytes);
      for (const declaration of envelope.streams) declarations.set(declaration.number ?? 0, declaration);
      for (const block of envelope.blocks) blocks.push(recorded(clock.now(), block));
    },
  });
  await gateway.start();
  const device = await SimulatedDevice.start({
    firmware: root,
    board: 'esp32s3',
    clock,
    network,
    pins: Object.fromEntries(pinsOf.esp32s3.map((pin) => [pin, [constant(2_000), noise(20, pin)]])),
    config: {
      ssid: 'sim',
      gateway: `ws://localhost:${port}`,
      part,
      chip: 'esp32s3',
      secret,
      configuration: text.part,
    },
  });
  try {
    await device.run(length);
    if (device.exit) throw new Error(`the device ended: ${device.exit.detail}`);
  } finally {
    await device.close();
  }
  if (declarations.size !== streamsOfPart) throw new Error(`${declarations.size} streams were declared`);
  const { boot } = decoded(blocks[0]!.bytes);
  const inOrder = [...declarations].sort(([a], [b]) => a - b);
  return { boot, declarations: inOrder.map(([, declaration]) => declaration), blocks };
}

function decoded(bytes: Uint8Array): DecodedBlock {
  const block = decodeBlock(bytes);
  if (!(block instanceof DecodedBlock)) throw new Error(block.message);
  return block;
}

function recorded(at: number, bytes: Uint8Array): RecordedBlock {
  const block = decoded(bytes);
  const { stream, sequence, count: readings } = block;
  return { at, stream, sequence, readings, ...block.edges(), bytes: Uint8Array.from(bytes) };
}

/** The same block of a boot with another random number (modules/block/SPEC.md, "Head"). */
export function ofBoot({ bytes, stream }: RecordedBlock, { counter }: BootId, random: number): Uint8Array {
  const words = new Int32Array(Uint8Array.from(bytes).buffer);
  const at = beginningBits + bitsOf(stream) + bitsOf(counter);
  for (let bit = 0; bit < 32; bit++) {
    const [word, mask] = [(at + bit) >> 5, 1 << ((at + bit) & 31)];
    if ((random >>> bit) & 1) words[word]! |= mask;
    else words[word]! &= ~mask;
  }
  words[words.length - 1] = checkOfWords(words, words.length - 1);
  return new Uint8Array(words.buffer);
}

const beginningBits = 22;

/** Of the code "number". */
function bitsOf(value: number): number {
  const length = 32 - Math.clz32(value);
  return 1 + (length < 8 ? 3 : 6) + Math.max(0, length - 1);
}
