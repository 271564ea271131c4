/**
 * One connection to the gateway, from dialling to its end.
 *
 * In: messages, and the socket's count of what it can take. Out: messages, frames of blocks, acknowledgements to
 * the rings. Holds: no block goes out and nothing that comes in is believed before the gateway has proved the
 * part's secret; the end is told once, and nothing is called after it.
 */
import type WebSocketClient from 'embedded:network/websocket/client';
import Timer from 'timer';
import {
  Acknowledgement,
  Begin,
  Boot,
  Call,
  Challenge,
  ClockAnswer,
  ClockRequest,
  Configuration,
  Drain,
  Envelope,
  Hello,
  Proof,
  Refusal,
  Resume,
  Welcome,
} from '../../proto/fields';
import { nonceBytes, protocolVersion } from '../../proto/handshake';
import type { BootId } from '../block/types';
import type { Problem } from '../config/problems';
import { Assembly } from './assembly';
import type { BlockFrame } from './block-frame';
import { ConnectionError, type ConnectionOwner } from './connection';
import { Cursors } from './cursors';
import type { LinkSession, SessionOwner } from './link-session';
import { announcedLength, beginningOf, MessageError, MessageReader } from './message-reader';
import { MessageWriter } from './message-writer';
import { Reply, writeFailure } from './replies';
import {
  deliverables,
  writeBoot,
  writeClock,
  writeConfigurationResult,
  writeDeclaration,
  writeStatus,
} from './reports';
import { drawNonce, isSame, prove } from './secret';
import { type Address, dial } from './transport';
import type { UplinkHost } from './uplink-host';

const mostWaiting = 8;
/** Messages taken after which the gateway is told, if no block tells it: it then has room for as many again. */
const tellAfter = 4;
/** ms from dialling to `Resume`. */
const handshakeTime = 30_000;
/** ms between two looks at the clock, and without any message before the connection counts as dead. */
const heartbeat = 60_000;
const silence = 150_000;
/** ms without an acknowledgement while blocks wait for one. */
const patience = 45_000;
const watchPeriod = 1_000;
/** ms of silence after which the gateway is asked for a sign of life. */
const askAfter = 3_000;
/** ms that a gateway may take for a step of the handshake before that counts as silence. */
const handshakeStep = 15_000;
/** A comparison of clocks counts when its round trip is at most this much longer than the best of the session. */
const slowerBy = 20;
const noStream = -1;
/** Characters of what a gateway says with a refusal. */
const longestDetail = 120;
/** Bytes that the answer to the dialling may take. The SDK's client keeps a line of it whole, however long. */
const longestAnswer = 4_096;

/** The client's target is its session, so that no session makes functions of its own. */
const callbacks = Object.freeze({
  onReadable(this: WebSocketClient, count: number, { more, binary }: { more: boolean; binary: boolean }) {
    sessionOf(this).onReadable(count, more, binary);
  },
  onWritable(this: WebSocketClient, count: number) {
    sessionOf(this).onWritable(count);
  },
  onClose(this: WebSocketClient) {
    sessionOf(this).end('closed by the gateway', 0);
  },
  onError(this: WebSocketClient) {
    const session = sessionOf(this);
    session.end(session.fault ?? 'connection failed', 0);
  },
});

function sessionOf({ target }: WebSocketClient): Session {
  return target as Session;
}

export class Session implements LinkSession, ConnectionOwner {
  state: 'dialling' | 'hello' | 'proof' | 'begin' | 'open' | 'closed' = 'dialling';
  fault: string | undefined;
  begun = false;
  cursors = new Cursors(0);
  private readonly host: UplinkHost;
  private readonly secret: string;
  private readonly owner: SessionOwner;
  private readonly frame: BlockFrame;
  private readonly client: WebSocketClient;
  private answered = 0;
  private writable = 0;
  /** Messages in fragments; of the first, some have gone out. */
  private readonly waiting: Uint8Array[][] = [];
  /** To calls that have come, the first of them perhaps in part. */
  private readonly replies: Reply[] = [];
  private readonly assembly: Assembly;
  private readonly arrived: Uint8Array[] = [];
  private arrival: Timer | undefined;
  /** Messages of the gateway that have been read, and how many of them it knows of. */
  private taken = 0;
  private told = 0;
  /** Until the handshake is over. */
  private nonce: Uint8Array | undefined;
  private gatewayNonce: Uint8Array | undefined;
  private asked = 0;
  private bestRoundTrip = Number.POSITIVE_INFINITY;
  private heard: number;
  private compared = 0;
  private acknowledged: number;
  /** The stream that the report at hand has come to; undefined: there is none. */
  private reported: number | undefined;
  private reportsLedger = false;
  private turn: Timer | undefined;
  private readonly watch: Timer;

  /** @param frame lent for the session @throws AddressError */
  constructor(host: UplinkHost, address: Address, secret: string, frame: BlockFrame, owner: SessionOwner) {
    this.host = host;
    this.assembly = new Assembly(host);
    this.secret = secret;
    this.frame = frame;
    this.owner = owner;
    this.heard = this.acknowledged = host.clock.now();
    this.client = dial(address, host.settings.authority, callbacks, this);
    this.watch = Timer.repeat(() => this.look(), watchPeriod);
  }

  get silence(): number {
    const { host, heard, acknowledged, compared, cursors, state } = this;
    const now = host.clock.now();
    if (state !== 'open') return Math.max(0, now - heard - handshakeStep);
    if (cursors.unacknowledged > 0) return now - Math.max(heard, acknowledged);
    return compared > heard ? now - compared : 0;
  }

  sendStatus(ledger: boolean): void {
    if (this.state !== 'open') return;
    this.reported = noStream;
    this.reportsLedger = ledger;
    this.soon();
  }

  sendRest(reason: string, wait: number): void {
    const message = this.begin();
    message.open(Envelope.drain);
    message.text(Drain.reason, reason);
    message.number(Drain.retry, Math.min(Math.round(wait), 0x7fffffff));
    message.close();
    this.send(message.end());
  }

  sendClock(): void {
    if (this.state !== 'open') return;
    const message = this.begin();
    writeClock(message, Envelope.clock, this.host);
    this.send(message.end());
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

  inspect(): void {
    if (this.state === 'dialling' && ++this.answered > longestAnswer)
      throw new ConnectionError('the answer is too long');
  }

  onWritable(count: number): void {
    if (this.state === 'closed') {
      this.client.close();
      return;
    }
    this.writable = count;
    if (this.state === 'dialling') this.hello();
    this.pump();
  }

  onReadable(count: number, more: boolean, binary: boolean): void {
    if (this.state === 'closed') return;
    this.heard = this.host.clock.now();
    if (!binary || !this.assembly.fits(count)) {
      this.end('message out of bounds', 0);
      return;
    }
    const bytes = this.assembly.add(this.client, count, more);
    if (bytes === undefined) return;
    if (this.arrived.length >= mostWaiting) {
      this.end('too many messages', 0);
      return;
    }
    // Read in a turn of its own: the stack of an ESP32-C3 does not hold much above the network's, and TLS's.
    this.arrived.push(bytes);
    this.arrival ??= Timer.set(() => this.take(), 0);
  }

  /** The connection is over. @param retry ms to wait at least, 0 when nobody says */
  end(reason: string, retry: number): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    Timer.clear(this.watch);
    if (this.turn !== undefined) Timer.clear(this.turn);
    if (this.arrival !== undefined) Timer.clear(this.arrival);
    this.client.close();
    this.owner.ended(reason, retry);
  }

  /** A message to be written; nothing else writes until it is sent. */
  private begin(): MessageWriter {
    return new MessageWriter(this.frame.bytes);
  }

  /** Queues a message. A gateway that does not take them ends the session. */
  private send(message: Uint8Array[]): void {
    if (this.state === 'closed') return;
    if (this.waiting.length >= mostWaiting) {
      this.end('the gateway takes no messages', 0);
      return;
    }
    this.waiting.push(message);
    this.soon();
  }

  /** One message a turn, or a fragment of a long one: waiting ones first, then replies, a report, blocks. */
  private pump(): void {
    if (this.state === 'closed' || this.state === 'dialling') return;
    const { waiting } = this;
    if (waiting.length > 0) {
      const message = waiting[0]!;
      if (message[0]!.length > this.writable) return;
      const fragment = message.shift()!;
      if (message.length === 0) waiting.shift();
      this.write(fragment, message.length > 0);
    } else if (this.taken - this.told >= tellAfter) this.tell();
    else if (this.replies.length > 0) this.reply();
    else if (this.reported !== undefined) this.report(this.reported);
    else if (!this.writeBlocks()) return;
    this.soon();
  }

  /** A part of a reply: the next is made when it has gone. */
  private reply(): void {
    const { replies } = this;
    const reply = replies[0]!;
    const late = this.host.clock.now() > reply.until;
    if (!late) this.send(reply.write(this.frame.bytes));
    if (late || reply.complete) replies.shift();
  }

  private report(after: number): void {
    const message = this.begin();
    this.reported = writeStatus(message, this.host, after, this.reportsLedger);
    this.send(message.end());
  }

  private writeBlocks(): boolean {
    if (this.state !== 'open') return false;
    const { frame, host, cursors } = this;
    frame.clear();
    const undeclared = cursors.fill(frame, this.writable);
    if (frame.length > 0 && this.taken > this.told && frame.taken(this.taken, this.writable))
      this.told = this.taken;
    const { length } = frame;
    if (length > 0) {
      if (cursors.unacknowledged === frame.blocks) this.acknowledged = host.clock.now();
      this.write(frame.bytes.subarray(0, length), false);
    }
    if (undeclared !== undefined) {
      cursors.declare(undeclared);
      const message = this.begin();
      writeDeclaration(message, undeclared);
      this.send(message.end());
    }
    return length > 0;
  }

  /** The gateway sends no more than there is room for: it must know what has been read. */
  private tell(): void {
    this.told = this.taken;
    const message = this.begin();
    message.number(Envelope.taken, this.taken);
    this.send(message.end());
  }

  private write(bytes: Uint8Array, more: boolean): void {
    try {
      this.writable = this.client.write(bytes, { binary: true, more });
    } catch {
      this.end('the connection takes nothing', 0);
    }
  }

  /** One message a turn. */
  private take(): void {
    this.arrival = undefined;
    const bytes = this.arrived.shift()!;
    if (++this.taken - this.told >= tellAfter) this.soon();
    if (this.arrived.length > 0) this.arrival = Timer.set(() => this.take(), 0);
    try {
      if (announcedLength(bytes) > bytes.length) this.refuse(bytes);
      else this.receive(new MessageReader(bytes));
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      this.end('malformed message', 0);
    }
  }

  private receive(message: MessageReader): void {
    const { state } = this;
    let acknowledged = false;
    if (state === 'hello') this.owner.spoken();
    while (this.state !== 'closed' && message.next()) {
      switch (message.field) {
        // Also a gateway that has not proved itself may send the part away: so may anybody who cuts the line.
        case Envelope.refusal:
        case Envelope.drain:
          this.onSentAway(message.field, message.message());
          return;
        case Envelope.challenge:
          if (this.state === 'hello') this.onChallenge(message.message());
          break;
        case Envelope.welcome:
          if (this.state === 'proof') this.onWelcome(message.message());
          break;
        case Envelope.resume:
          if (this.state === 'begin') this.onResume(message.message());
          break;
        case Envelope.acknowledgements:
          if (state !== 'open') break;
          this.onAcknowledgement(message.message());
          acknowledged = true;
          break;
        case Envelope.clockAnswer:
          if (state === 'open') this.onClockAnswer(message.message());
          break;
        case Envelope.call:
          if (state === 'open') this.onCall(message.message());
          break;
        case Envelope.configuration:
          if (state === 'open') this.onConfiguration(message.message());
      }
    }
    if (this.state === 'closed') return;
    if (state !== 'open' && this.state === state) this.end(`no answer to the ${state}`, 0);
    if (!acknowledged) return;
    this.owner.progressed();
    this.soon();
  }

  /** There was no room for the message but for its beginning: only a configuration is that long. */
  private refuse(bytes: Uint8Array): void {
    const message = beginningOf(bytes, Envelope.configuration);
    if (this.state !== 'open' || !message?.next() || message.field !== Configuration.revision)
      this.end('message out of bounds', 0);
    else this.answerConfiguration(message.text(), false, this.host.refuse(announcedLength(bytes)));
  }

  private onSentAway(by: number, message: MessageReader): void {
    const refused = by === Envelope.refusal;
    let why = '';
    let detail = '';
    let retry = 0;
    while (message.next()) {
      if (message.field === (refused ? Refusal.code : Drain.reason)) why = message.text();
      else if (refused && message.field === Refusal.message)
        detail = ` (${message.text().slice(0, longestDetail)})`;
      else if (message.field === (refused ? Refusal.retry : Drain.retry)) retry = message.number();
    }
    this.end(`${refused ? 'refused' : 'drained'}: ${why}${detail}`, retry);
  }

  private hello(): void {
    const { host, secret } = this;
    const { part, boot } = host.identity;
    this.nonce = drawNonce(secret, boot, host.clock.now());
    this.state = 'hello';
    const message = this.begin();
    message.open(Envelope.hello);
    message.number(Hello.protocol, protocolVersion);
    message.text(Hello.part, part);
    writeBoot(message, Hello.boot, boot);
    message.bytes(Hello.nonce, this.nonce);
    message.number(Hello.receives, mostWaiting);
    message.close();
    this.send(message.end());
  }

  private onChallenge(challenge: MessageReader): void {
    const { host, secret } = this;
    while (challenge.next())
      if (challenge.field === Challenge.nonce) this.gatewayNonce = challenge.bytes().slice();
    if (this.gatewayNonce?.length !== nonceBytes) {
      this.end('no challenge', 0);
      return;
    }
    const { boot, part } = host.identity;
    this.state = 'proof';
    this.asked = host.clock.now();
    const message = this.begin();
    message.open(Envelope.proof);
    message.bytes(Proof.proof, prove(secret, 'part', this.nonce!, this.gatewayNonce, boot, part));
    message.double(Proof.monotonic, this.asked);
    message.close();
    this.send(message.end());
  }

  private onWelcome(welcome: MessageReader): void {
    const { host, secret } = this;
    const { boot, part, firmware, chip, resetReason, previousUptime } = host.identity;
    const expected = prove(secret, 'gateway', this.nonce!, this.gatewayNonce!, boot, part);
    let proved = false;
    let wall = 0;
    let window = 0;
    while (welcome.next()) {
      if (welcome.field === Welcome.proof) proved = isSame(welcome.bytes(), expected);
      else if (welcome.field === Welcome.wall) wall = welcome.double();
      else if (welcome.field === Welcome.window) window = welcome.number();
    }
    if (!proved) {
      this.end('the gateway has not proved itself', 0);
      return;
    }
    this.nonce = this.gatewayNonce = undefined;
    this.compareClocks(this.asked, wall);
    this.cursors = new Cursors(Math.max(4, Math.floor(window / 512)));
    this.state = 'begin';
    const message = this.begin();
    message.open(Envelope.begin);
    message.text(Begin.firmware, firmware);
    message.text(Begin.chip, chip);
    message.text(Begin.resetReason, resetReason);
    message.text(Begin.configurationRevision, host.revision);
    for (const left of host.earlier?.left ?? []) writeBoot(message, Begin.retained, left);
    writeClock(message, Begin.clock, host);
    if (previousUptime !== undefined) message.double(Begin.previousUptime, previousUptime);
    message.close();
    this.send(message.end());
  }

  private onResume(resume: MessageReader): void {
    this.cursors.update(deliverables(this.host));
    while (this.state === 'begin' && resume.next())
      if (resume.field === Resume.positions) this.onAcknowledgement(resume.message());
    if (this.state !== 'begin') return;
    this.state = 'open';
    this.owner.opened();
  }

  private onAcknowledgement(acknowledgement: MessageReader): void {
    this.acknowledged = this.host.clock.now();
    let stream = 0;
    let next = 0;
    let boot: BootId | undefined;
    while (acknowledgement.next()) {
      if (acknowledgement.field === Acknowledgement.stream) stream = acknowledgement.number();
      else if (acknowledgement.field === Acknowledgement.next) next = acknowledgement.number();
      else if (acknowledgement.field === Acknowledgement.boot) boot = bootOf(acknowledgement.message());
    }
    const of = this.cursors.find(stream, boot);
    if (of !== undefined && !this.cursors.acknowledge(of, next))
      this.end('acknowledged what was never sent', 0);
  }

  private onClockAnswer(answered: MessageReader): void {
    let asked = 0;
    let wall = 0;
    while (answered.next()) {
      if (answered.field === ClockAnswer.monotonic) asked = answered.double();
      else if (answered.field === ClockAnswer.wall) wall = answered.double();
    }
    this.compareClocks(asked, wall);
  }

  private onCall(message: MessageReader): void {
    const call = { id: 0, resource: '', method: '', parameters: '', deadline: 0 };
    while (message.next()) {
      if (message.field === Call.id) call.id = message.number();
      else if (message.field === Call.resource) call.resource = message.text();
      else if (message.field === Call.method) call.method = message.text();
      else if (message.field === Call.parameters) call.parameters = message.text();
      else if (message.field === Call.deadline) call.deadline = message.number();
    }
    if (this.replies.length < mostWaiting) {
      this.replies.push(new Reply(this.host, call));
      this.soon();
    } else this.send(writeFailure(this.begin(), call.id, 'busy', 'too many calls wait for their answers'));
  }

  private onConfiguration(message: MessageReader): void {
    let revision = '';
    let part: Uint8Array = new Uint8Array(0);
    let additions = part;
    while (message.next()) {
      if (message.field === Configuration.revision) revision = message.text();
      else if (message.field === Configuration.part) part = message.bytes();
      else if (message.field === Configuration.additions) additions = message.bytes();
    }
    this.host.configure(revision, part, additions, (applied, problems) =>
      this.answerConfiguration(revision, applied, problems),
    );
  }

  private answerConfiguration(revision: string, applied: boolean, problems: readonly Problem[]): void {
    const result = this.begin();
    writeConfigurationResult(result, revision, applied, problems);
    this.send(result.end());
  }

  /** `asked` and now are the part's, `wall` was the gateway's in between. */
  private compareClocks(asked: number, wall: number): void {
    const { clock } = this.host;
    const now = clock.now();
    const roundTrip = now - asked;
    if (roundTrip < 0 || roundTrip > this.bestRoundTrip + slowerBy) return;
    if (roundTrip < this.bestRoundTrip) this.bestRoundTrip = roundTrip;
    clock.setWall('gateway', wall - (asked + now) / 2, roundTrip / 2);
  }

  private look(): void {
    const now = this.host.clock.now();
    if (this.state !== 'open') {
      if (now - this.heard > handshakeTime) this.end('the gateway does not answer', 0);
      else if (this.silence > 0) this.owner.silent(this.silence);
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
    const owed = this.silence;
    // The answer tells a gateway that is slow from one that is gone.
    if (now - this.compared > (owed >= askAfter ? askAfter : heartbeat)) {
      this.compared = now;
      const message = this.begin();
      message.open(Envelope.clockRequest);
      message.double(ClockRequest.monotonic, now);
      message.close();
      this.send(message.end());
    }
    if (owed > 0) this.owner.silent(owed);
  }
}

/** @throws MessageError */
function bootOf(message: MessageReader): BootId {
  const boot = { counter: 0, random: 0 };
  while (message.next()) {
    if (message.field === Boot.counter) boot.counter = message.number();
    else if (message.field === Boot.random) boot.random = message.number();
  }
  return boot;
}
