/**
 * One connection to the gateway, from dialling to its end.
 *
 * In: messages, and the socket's count of what it can take. Out: messages, frames of blocks, acknowledgements to
 * the rings. Holds: no block goes out and nothing that comes in is believed before the gateway has proved the
 * part's secret; the end is told once, and nothing is called after it.
 */
import type WebSocketClient from 'embedded:network/websocket/client';
import Timer from 'timer';
import { nonceBytes, protocolVersion } from '../../proto/handshake';
import { link, Reader } from '../../proto/link.js';
import type { UplinkHost } from '../device/uplink-host';
import { BlockFrame } from './block-frame';
import { Cursors } from './cursors';
import { answer, clockOf, declarationOf, deliverables, statusMessage } from './reports';
import { isSame, type Secret } from './secret';
import { type Address, dial } from './transport';

const frameBytes = 2_048;
const longestMessage = 16_384;
const mostWaiting = 8;
/** Bytes of a long message that go out at once. */
const fragment = 1_024;
/** ms from dialling to `Resume`. */
const handshakeTime = 30_000;
/** ms between two looks at the clock, and without any message before the connection counts as dead. */
const heartbeat = 60_000;
const silence = 150_000;
/** ms without an acknowledgement while blocks wait for one. */
const patience = 45_000;
const watchPeriod = 5_000;
/** A comparison of clocks counts when its round trip is at most this much longer than the best of the session. */
const slowerBy = 20;

export interface SessionOptions {
  host: UplinkHost;
  secret: Secret;
  address: Address;
  frame: BlockFrame;
  /** The handshake is over. */
  opened(): void;
  /** Blocks were acknowledged. */
  progressed(): void;
  /** @param retry ms which the gateway asks to wait, 0 when it says nothing */
  ended(reason: string, retry: number): void;
}

export class Session {
  state: 'dialling' | 'hello' | 'proof' | 'begin' | 'open' | 'closed' = 'dialling';
  cursors = new Cursors(0);
  private readonly options: SessionOptions;
  private readonly client: WebSocketClient;
  private writable = 0;
  private readonly waiting: Uint8Array[] = [];
  /** Bytes of the first waiting message that have gone out. */
  private gone = 0;
  private parts: Uint8Array[] = [];
  private partsLength = 0;
  private readonly arrived: Uint8Array[] = [];
  private arrival: Timer | undefined;
  private nonce = new Uint8Array(0);
  private gatewayNonce = new Uint8Array(0);
  private asked = 0;
  private bestRoundTrip = Number.POSITIVE_INFINITY;
  private heard: number;
  private compared = 0;
  private acknowledged: number;
  private turn: Timer | undefined;
  private readonly watch: Timer;

  /** @throws AddressError */
  constructor(options: SessionOptions) {
    this.options = options;
    const { host, address } = options;
    this.heard = this.acknowledged = host.clock.now();
    const session = this;
    this.client = dial(address, host.settings.authority, {
      onReadable(count, { more, binary }) {
        session.onReadable(this.read(count), more, binary);
      },
      onWritable(count) {
        session.onWritable(count);
      },
      onClose() {
        session.end('closed by the gateway', 0);
      },
      onError() {
        session.end('connection failed', 0);
      },
    });
    this.watch = Timer.repeat(() => this.look(), watchPeriod);
  }

  /** Queues a message. A gateway that does not take them ends the session. */
  send(envelope: link.IEnvelope): void {
    if (this.state === 'closed') return;
    if (this.waiting.length >= mostWaiting) {
      this.end('the gateway takes no messages', 0);
      return;
    }
    this.waiting.push(link.Envelope.encode(envelope).finish());
    this.soon();
  }

  sendStatus(ledger: boolean): void {
    if (this.state === 'open') this.send({ status: statusMessage(this.options.host, ledger) });
  }

  sendClock(): void {
    if (this.state === 'open') this.send({ clock: clockOf(this.options.host) });
  }

  /** Writes in the next turn, so that what is due meanwhile goes first. */
  soon(): void {
    this.turn ??= Timer.set(() => {
      this.turn = undefined;
      this.pump();
    }, 0);
  }

  close(reason: string): void {
    this.end(reason, 0);
  }

  private onWritable(count: number): void {
    if (this.state === 'closed') {
      this.client.close();
      return;
    }
    this.writable = count;
    if (this.state === 'dialling') this.hello();
    this.pump();
  }

  private hello(): void {
    const { identity, clock } = this.options.host;
    this.nonce = this.options.secret.nonce(identity.boot, clock.now());
    this.state = 'hello';
    const { part, boot } = identity;
    this.send({ hello: { protocol: protocolVersion, part, boot, nonce: this.nonce } });
  }

  /** One message a call: waiting ones first, then blocks. */
  private pump(): void {
    if (this.state === 'closed' || this.state === 'dialling') return;
    const { waiting } = this;
    if (waiting.length > 0) {
      const message = waiting[0]!;
      const rest = message.length - this.gone;
      const count = rest <= this.writable ? rest : Math.min(fragment, this.writable);
      if (count === 0 || (count < rest && count < fragment)) return;
      this.write(message.subarray(this.gone, this.gone + count), count < rest);
      this.gone += count;
      if (count === rest) {
        waiting.shift();
        this.gone = 0;
      }
    } else if (!this.writeBlocks()) return;
    this.soon();
  }

  private writeBlocks(): boolean {
    if (this.state !== 'open') return false;
    const { frame, host } = this.options;
    frame.clear();
    const undeclared = this.cursors.fill(frame, this.writable);
    if (frame.length > 0) {
      if (this.cursors.unacknowledged === frame.blocks) this.acknowledged = host.clock.now();
      this.write(frame.bytes.subarray(0, frame.length), false);
    }
    if (undeclared !== undefined) {
      undeclared.declared = true;
      this.send({ streams: [declarationOf(undeclared.stream)] });
    }
    return frame.length > 0;
  }

  private write(bytes: Uint8Array, more: boolean): void {
    try {
      this.writable = this.client.write(bytes, { binary: true, more });
    } catch {
      this.end('the connection takes nothing', 0);
    }
  }

  private onReadable(data: ArrayBuffer | undefined, more: boolean, binary: boolean): void {
    if (this.state === 'closed' || data === undefined) return;
    this.heard = this.options.host.clock.now();
    const bytes = new Uint8Array(data);
    if (!binary || this.partsLength + bytes.length > longestMessage) {
      this.end('message out of bounds', 0);
      return;
    }
    if (more || this.partsLength > 0) {
      this.parts.push(bytes);
      this.partsLength += bytes.length;
      if (more) return;
    }
    if (this.arrived.length >= mostWaiting) {
      this.end('too many messages', 0);
      return;
    }
    // Read in a turn of its own: the stack of an ESP32-C3 does not hold much above the network's, and TLS's.
    this.arrived.push(this.partsLength > 0 ? this.join() : bytes);
    this.arrival ??= Timer.set(() => this.take(), 0);
  }

  /** One message a turn. */
  private take(): void {
    this.arrival = undefined;
    const bytes = this.arrived.shift()!;
    if (this.arrived.length > 0) this.arrival = Timer.set(() => this.take(), 0);
    let envelope: link.Envelope;
    try {
      const reader = Reader.create(bytes);
      reader.discardUnknown = true;
      envelope = link.Envelope.decode(reader as never);
    } catch {
      this.end('malformed message', 0);
      return;
    }
    this.receive(envelope);
  }

  private join(): Uint8Array {
    const whole = new Uint8Array(this.partsLength);
    let at = 0;
    for (const part of this.parts) {
      whole.set(part, at);
      at += part.length;
    }
    this.parts = [];
    this.partsLength = 0;
    return whole;
  }

  private receive(envelope: link.Envelope): void {
    const { refusal, drain } = envelope;
    // Also a gateway that has not proved itself may send the part away: so may anybody who cuts the line.
    if (refusal) {
      this.end(`refused: ${refusal.code}`, refusal.retry ?? 0);
      return;
    }
    if (drain) {
      this.end(`drained: ${drain.reason}`, drain.retry ?? 0);
      return;
    }
    switch (this.state) {
      case 'hello':
        this.onChallenge(envelope.challenge);
        return;
      case 'proof':
        this.onWelcome(envelope.welcome);
        return;
      case 'begin':
        this.onResume(envelope);
        return;
      case 'open':
        this.onEnvelope(envelope);
        return;
    }
  }

  private onChallenge(challenge: link.IChallenge | null | undefined): void {
    if (challenge?.nonce?.length !== nonceBytes) {
      this.end('no challenge', 0);
      return;
    }
    const { host, secret } = this.options;
    const { boot, part } = host.identity;
    this.gatewayNonce = Uint8Array.from(challenge.nonce);
    this.state = 'proof';
    this.asked = host.clock.now();
    const proof = secret.prove('part', this.nonce, this.gatewayNonce, boot, part);
    this.send({ proof: { proof, monotonic: this.asked } });
  }

  private onWelcome(welcome: link.IWelcome | null | undefined): void {
    const { host, secret } = this.options;
    const { boot, part, firmware, chip, resetReason } = host.identity;
    const expected = secret.prove('gateway', this.nonce, this.gatewayNonce, boot, part);
    if (!welcome?.proof || !isSame(welcome.proof, expected)) {
      this.end('the gateway has not proved itself', 0);
      return;
    }
    this.compareClocks(this.asked, welcome.wall ?? 0);
    this.cursors = new Cursors(Math.max(4, Math.floor((welcome.window ?? 0) / 512)));
    this.state = 'begin';
    const configurationRevision = host.revision;
    const clock = clockOf(host);
    const retained = host.earlier?.left ?? [];
    this.send({ begin: { firmware, chip, resetReason, configurationRevision, retained, clock } });
  }

  private onResume(envelope: link.Envelope): void {
    if (!envelope.resume) {
      this.end('no resume', 0);
      return;
    }
    this.cursors.update(deliverables(this.options.host));
    this.onAcknowledgements(envelope.resume.positions ?? []);
    this.state = 'open';
    this.options.opened();
  }

  private onEnvelope(envelope: link.Envelope): void {
    const { host } = this.options;
    if (envelope.acknowledgements.length > 0) {
      this.onAcknowledgements(envelope.acknowledgements);
      this.options.progressed();
      this.soon();
    }
    if (envelope.clockAnswer)
      this.compareClocks(envelope.clockAnswer.monotonic ?? 0, envelope.clockAnswer.wall ?? 0);
    if (envelope.call) this.send({ answer: answer(host, envelope.call) });
    if (envelope.configuration) this.onConfiguration(envelope.configuration);
  }

  private onAcknowledgements(acknowledgements: link.IAcknowledgement[]): void {
    this.acknowledged = this.options.host.clock.now();
    for (const { stream, next, boot } of acknowledgements) {
      const earlier = boot ? { counter: boot.counter ?? 0, random: boot.random ?? 0 } : undefined;
      const cursor = this.cursors.find(stream ?? 0, earlier);
      if (cursor !== undefined && !this.cursors.acknowledge(cursor, next ?? 0)) {
        this.end('acknowledged what was never sent', 0);
        return;
      }
    }
  }

  private onConfiguration({ revision, part, additions }: link.IConfiguration): void {
    const { applied, problems } = this.options.host.configure(revision ?? '', part ?? '', additions ?? '');
    const named = problems.slice(0, 32).map(({ severity, code, path, message }) => ({
      error: severity === 'error',
      code,
      path,
      message,
    }));
    this.send({ configurationResult: { revision, applied, problems: named } });
  }

  /** `asked` and now are the part's, `wall` was the gateway's in between. */
  private compareClocks(asked: number, wall: number): void {
    const { clock } = this.options.host;
    const now = clock.now();
    const roundTrip = now - asked;
    if (roundTrip < 0 || roundTrip > this.bestRoundTrip + slowerBy) return;
    if (roundTrip < this.bestRoundTrip) this.bestRoundTrip = roundTrip;
    clock.setWall('gateway', wall - (asked + now) / 2, roundTrip / 2);
  }

  private look(): void {
    const now = this.options.host.clock.now();
    if (this.state !== 'open') {
      if (now - this.heard > handshakeTime) this.end('the gateway does not answer', 0);
      return;
    }
    if (now - this.heard > silence) {
      this.end('the gateway is silent', 0);
      return;
    }
    if (this.cursors.unacknowledged > 0 && now - this.acknowledged > patience) {
      this.end('nothing is acknowledged', 0);
      return;
    }
    if (now - this.compared > heartbeat) {
      this.compared = now;
      this.send({ clockRequest: { monotonic: now } });
    }
  }

  private end(reason: string, retry: number): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    Timer.clear(this.watch);
    if (this.turn !== undefined) Timer.clear(this.turn);
    if (this.arrival !== undefined) Timer.clear(this.arrival);
    this.client.close();
    this.options.ended(reason, retry);
  }
}

export function newFrame(): BlockFrame {
  return new BlockFrame(frameBytes);
}
