/** The reference part over a real WebSocket, with readings to send: for the tests of the composed gateway. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { IntegerEncoder } from '../modules/block/integer-encoder';
import { link } from '../proto/link.js';
import { linkPath, linkProtocol } from './link/listener';
import { ReferencePart } from './link/reference-part';

const boot = { counter: 1, random: 0x9f00c3a1 };
const clock = { source: link.Clock.Source.SNTP, offset: Date.now() - 60_000, roundTrip: 1 };

export class TestPart {
  readonly part: ReferencePart;
  readonly #socket: WebSocket;
  readonly #encoder: IntegerEncoder;
  #sent = 0;

  private constructor(name: string, secret: string, socket: WebSocket) {
    this.#socket = socket;
    const begin = { firmware: 'test', chip: 'esp32', resetReason: 'Power on', clock };
    this.part = new ReferencePart({ part: name, secret, boot, begin, send: (bytes) => socket.send(bytes) });
    socket.on('message', (data: Buffer) => this.part.receive(data));
    this.#encoder = new IntegerEncoder({
      boot,
      stream: 0,
      period: { numerator: 10, denominator: 1 },
      target: 200,
      sink: { block: (bytes, length) => this.#block(bytes.slice(0, length)) },
    });
    this.#encoder.start(0);
  }

  /** Connects and declares stream 0: `rdk:component:board/my-esp32`, Analogs A0, 100 Hz. */
  static async connect(name: string, secret: string, port: number): Promise<TestPart> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${linkPath}`, linkProtocol);
    const test = new TestPart(name, secret, socket);
    await once(socket, 'open');
    test.part.hello();
    await test.part.until(() => test.part.open || test.part.refusal !== undefined);
    if (test.part.refusal) throw new Error(`refused: ${test.part.refusal.code}`);
    test.part.declare(0);
    return test;
  }

  /** Resolves when all are acknowledged. */
  async send(values: readonly number[]): Promise<void> {
    for (const value of values) {
      this.#encoder.staged[this.#encoder.count++] = value;
      if (this.#encoder.count === this.#encoder.capacity) this.#encoder.flush();
    }
    this.#encoder.seal();
    await this.part.until(() => (this.part.acknowledged.get(0) ?? 0) >= this.#sent);
  }

  close(): void {
    this.#socket.terminate();
  }

  #block(bytes: Uint8Array): void {
    this.#sent++;
    this.part.blocks(bytes);
  }
}
