/** The uplink over MQTT: what a message costs on the chip, and how many a second that allows. */
import { mostWaiting } from '../modules/uplink/mqtt/pace';
import { atLeast, type Figure, plain } from './figure';
import { measureInstructions } from './rv32/measure';

/** Readings of the program's block, each a message. */
const messages = 250;
/** Instructions a second of an ESP32-C3 that runs from flash, and the share of it that messages may take. */
const chip = 125e6;
const share = 0.5;

export default async function run(): Promise<Figure[]> {
  const costs = await measureInstructions({
    include: ['bench/programs/mqtt-manifest.json'],
    program: 'bench/programs/mqtt.ts',
    counts: { append: 8, publish: 8, socket: 256 },
  });
  const [append, publish, socket] = [costs.append!, costs.publish!, costs.socket!];
  const instructions = (publish.instructions - append.instructions) / messages - socket.instructions;
  const perSecond = (share * chip) / instructions;
  const longest = (1_000 * mostWaiting) / perSecond;
  return [
    plain('a message, decoded, published, acknowledged', instructions, 'rv32 instructions'),
    plain('garbage of a message', (publish.garbage - append.garbage) / messages, 'B'),
    atLeast(
      'messages with half of an ESP32-C3',
      perSecond,
      'messages/s',
      300,
      `of 125 MIPS; a window of ${mostWaiting} keeps up to round trips of ${longest.toFixed(0)} ms; the socket takes all at once`,
    ),
  ];
}
