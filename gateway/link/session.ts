/**
 * One connection of a part: handshake, then blocks. Everything that arrives is hostile until the proof holds,
 * and bounded ever after; whatever does not fit ends the session with a refusal that is counted.
 */

import type { Clock } from '@sluice/common/clock';
import { BlockError } from '../../modules/block/block-error';
import { bootText } from '../../modules/block/boot-text';
import { type PartName, partNameFault } from '../../modules/config/part-name';
import { nonceBytes, proofBytes, protocolVersion } from '../../proto/handshake';
import { link, Reader } from '../../proto/link.js';
import { type Boot, type StreamState, sameBoot } from '../outbox/streams';
import { toBoot } from './boot';
import { type CallRequest, Calls } from './calls';
import type { Connection, Directory, PartConfiguration, Parts } from './connection';
import { DeclarationError, metadataOf } from './declaration';
import { inspectBlock } from './inspect-block';
import { Intake } from './intake';
import { limits, retryAfter } from './limits';
import { Outgoing } from './outgoing';
import { isProof, prove } from './proof';

/** Milliseconds that a date can have: what is none would make stamps that no store takes. */
const isTime = (milliseconds: number) => Math.abs(milliseconds) <= 8.64e15;

/** What sessions need of the server, and report to it. */
export interface SessionHost {
  readonly directory: Directory;
  readonly parts: Parts;
  readonly clock: Clock;
  readonly counters: { blocks: number; readings: number; duplicates: number };
  /** Stands in for the secret of a part that does not exist. */
  readonly noSecret: string;
  /** Sessions whose transport is paused until the directory has room, those that have waited longest first. */
  readonly heldBack: Set<Session>;
  /** Source of nonces. */
  random(bytes: number): Uint8Array<ArrayBuffer>;
  /** The part has proved itself: a session that it had before ends. @returns whether this one may go on */
  takeOver(session: Session): boolean;
  /** @param retained the earlier boots of which the part still holds blocks */
  opened(session: Session, retained: Boot[], begin: link.IBegin): void;
  onStatus(session: Session, status: link.IStatus): void;
  /** Streams of the session's boot have ended, and all of them is durable. */
  forget(session: Session, ended: number[]): void;
  onConfigurationResult(session: Session, result: link.IConfigurationResult): void;
  /** The part sleeps, and is back in `wait` ms. */
  onRest(session: Session, wait: number): void;
  /** The boot ends, and everything that it has captured is durable. */
  onHandedOver(session: Session): void;
  refused(session: Session, code: string, message: string): void;
  ended(session: Session): void;
}

export class Session {
  part: PartName = '';
  boot: Boot = { counter: 0, random: 0 };
  /** `wall = monotonic + offset`; undefined until the handshake is over. */
  clock?: { offset: number; source: 'gateway' | 'sntp'; roundTrip: number };
  firmware = '';
  chip = '';
  state: 'hello' | 'proof' | 'begin' | 'open' | 'closed' = 'hello';
  /** Why it ended: code of a refusal, or `closed` when the connection was lost. */
  endedBy = 'closed';
  readonly since: number;
  #partNonce = new Uint8Array(0);
  #gatewayNonce = new Uint8Array(0);
  #retained: Boot[] = [];
  /** By earlier boot: the last offset it knew, as the part says. */
  readonly #offsets = new Map<string, number>();
  readonly #streams = new Map<string, StreamState>();
  readonly #wanted = new Set<StreamState>();
  /** Of the report at hand: streams known when it began that it has not told of. */
  #untold: Set<number> | undefined;
  #unacknowledged = 0;
  #heard: number;
  readonly #calls: Calls;
  #cancelTimer: () => void;
  readonly #intake: Intake;
  readonly #outgoing: Outgoing;
  /** The newest of what waits until there is room for it. */
  #clockAnswer: link.IClockAnswer | undefined;
  #configuration: link.IConfiguration | undefined;
  /** The number of the last acknowledgement under way, and when the next may follow although it has not been taken. */
  #acknowledged = 0;
  #acknowledgeAt = 0;
  #cancelAcknowledgement: (() => void) | undefined;
  readonly #server: SessionHost;
  readonly #connection: Connection;

  constructor(server: SessionHost, connection: Connection) {
    this.#server = server;
    this.#connection = connection;
    this.since = this.#heard = server.clock.now();
    this.#cancelTimer = server.clock.after(limits.handshake, () => this.refuse('handshake-timeout'));
    const { clock } = server;
    this.#intake = new Intake({ clock, pause: () => connection.pause(), resume: () => connection.resume() });
    this.#outgoing = new Outgoing({
      clock,
      send: (envelope) => this.#send(envelope),
      next: (room) => this.#next(room),
    });
    this.#calls = new Calls({
      clock,
      part: () => this.part,
      flow: () => this.#outgoing.flow(),
    });
  }

  get remote(): string {
    return this.#connection.remote;
  }

  /** The same without the port. */
  get address(): string {
    return this.remote.replace(/:\d+$/, '');
  }

  /** The transport has a message. Never throws. */
  receive(bytes: Uint8Array): void {
    if (this.state === 'closed') return;
    const proved = this.state === 'open' || this.state === 'begin';
    if (bytes.length > (proved ? limits.message : limits.messageBeforeProof)) {
      this.refuse('oversized');
      return;
    }
    let envelope: link.Envelope;
    try {
      const reader = Reader.create(bytes);
      reader.discardUnknown = true;
      envelope = link.Envelope.decode(reader as never);
    } catch {
      this.refuse('malformed');
      return;
    }
    this.#heard = this.#server.clock.now();
    if (this.#intake.isWaiting) {
      if (!this.#intake.keep(envelope, bytes.length)) this.refuse('window');
      return;
    }
    // Answers are bounded by the calls.
    if (envelope.blocks.length === 0 && !this.#isAwaited(envelope) && this.#intake.count()) {
      if (!proved) {
        this.refuse('too-many-messages');
        return;
      }
      this.#intake.slowDown();
    }
    if (this.state === 'hello') this.#onHello(envelope.hello);
    else if (this.state === 'proof') this.#onProof(envelope.proof);
    else if (this.state === 'begin') this.#onBegin(envelope.begin);
    else this.#onEnvelope(envelope);
  }

  /** The transport is gone. */
  lost(): void {
    this.#end();
  }

  #isAwaited({ answer }: link.Envelope): boolean {
    return answer?.id !== undefined && answer.id !== null && this.#calls.areAwaiting(answer.id);
  }

  #onHello(hello: link.IHello | null | undefined): void {
    if (!hello) {
      this.refuse('malformed');
      return;
    }
    if (hello.protocol !== protocolVersion) {
      this.refuse('protocol', `this gateway speaks ${protocolVersion}`);
      return;
    }
    const name = hello.part ?? '';
    if (hello.nonce?.length !== nonceBytes) {
      this.refuse('malformed');
      return;
    }
    const fault = partNameFault(name);
    if (fault !== undefined) {
      this.refuse('part-name', `the part's name ${fault}`);
      return;
    }
    this.part = name;
    this.boot = toBoot(hello.boot);
    this.#outgoing.open(hello.receives ?? 0);
    this.#partNonce = Uint8Array.from(hello.nonce);
    this.#gatewayNonce = this.#server.random(nonceBytes);
    this.state = 'proof';
    this.#outgoing.answer({ challenge: { protocol: protocolVersion, nonce: this.#gatewayNonce } });
  }

  #onProof(message: link.IProof | null | undefined): void {
    const { part, boot } = this;
    const server = this.#server;
    const partNonce = this.#partNonce;
    const gatewayNonce = this.#gatewayNonce;
    const proof = message?.proof ?? new Uint8Array(0);
    const secret = server.parts.secret(part);
    // An unknown part costs the same time and gets the same words as a wrong secret.
    const expected = prove('part', secret ?? server.noSecret, { part, boot, partNonce, gatewayNonce });
    if (proof.length !== proofBytes || !isProof(proof, expected) || secret === undefined) {
      this.refuse('proof', 'the part is unknown or its secret is another');
      return;
    }
    const monotonic = message?.monotonic ?? 0;
    if (!isTime(monotonic)) {
      this.refuse('malformed');
      return;
    }
    const wall = server.clock.wall();
    this.clock = { offset: wall - monotonic, source: 'gateway', roundTrip: 0 };
    this.state = 'begin';
    if (!server.takeOver(this)) return;
    const own = prove('gateway', secret, { part, boot, partNonce, gatewayNonce });
    const { window, message: longest } = limits;
    this.#outgoing.answer({ welcome: { proof: own, monotonic, wall, window, message: longest } });
  }

  #onBegin(begin: link.IBegin | null | undefined): void {
    if (!begin) {
      this.refuse('malformed');
      return;
    }
    this.#retained = (begin.retained ?? []).slice(0, limits.retainedBoots).map(toBoot);
    this.firmware = (begin.firmware ?? '').slice(0, limits.name);
    this.chip = (begin.chip ?? '').slice(0, limits.name);
    this.#onClock(begin.clock);
    this.#cancelTimer();
    this.#watchSilence();
    this.state = 'open';
    const boots = [this.boot, ...this.#retained];
    const states = boots.flatMap((boot) => [...this.#server.directory.streams(this.part, boot).values()]);
    this.#outgoing.answer({
      resume: { positions: newestThatFit(states.map((state) => this.#position(state))) },
    });
    // Whoever hears of it may call the part at once, and it takes nothing before the answer to its begin.
    this.#server.opened(this, this.#retained, begin);
    const configuration = this.#server.parts.configuration(this.part);
    if (configuration !== undefined && configuration.revision !== (begin.configurationRevision ?? '')) {
      this.configure(configuration);
    }
  }

  #onEnvelope(envelope: link.Envelope): void {
    if (envelope.taken && !this.#outgoing.onTaken(envelope.taken)) {
      this.refuse('taken');
      return;
    }
    if (envelope.clock) this.#onClock(envelope.clock);
    for (const declaration of envelope.streams) if (!this.#onStream(declaration)) return;
    for (const gap of envelope.gaps) {
      const state = this.#find(toBoot(gap.boot ?? this.boot), gap.stream ?? 0);
      if (state === undefined) {
        this.refuse('undeclared-stream');
        return;
      }
      this.#server.directory.skip(state, gap.next ?? 0);
      this.#wanted.add(state);
    }
    for (const [index, block] of envelope.blocks.entries()) {
      const outcome = this.#onBlock(block);
      if (outcome === 'refused') return;
      if (outcome === 'taken') continue;
      this.#waitWith(envelope, index);
      return;
    }
    if (envelope.blocks.length > 0 && this.#server.directory.congested) this.#wait();
    if (envelope.clockRequest) {
      const { monotonic } = envelope.clockRequest;
      this.#clockAnswer = { monotonic, wall: this.#server.clock.wall() };
      this.#outgoing.flow();
    }
    if (envelope.drain?.reason === 'handed over') this.#server.onHandedOver(this);
    else if (envelope.drain) this.#server.onRest(this, envelope.drain.retry ?? 0);
    if (envelope.answer) this.#calls.onAnswer(envelope.answer);
    if (envelope.status) {
      this.#server.onStatus(this, envelope.status);
      this.#forgetEnded(envelope.status);
    }
    if (envelope.configurationResult) this.#server.onConfigurationResult(this, envelope.configurationResult);
  }

  /**
   * A report tells of all streams that run or have something left, some a message, and ends with a message of none:
   * those that were there when it began, and that it has not told of, have ended.
   */
  #forgetEnded({ streams }: link.IStatus): void {
    const known = this.#server.directory.streams(this.part, this.boot);
    if (streams && streams.length > 0) {
      this.#untold ??= new Set(known.keys());
      for (const { stream } of streams) this.#untold.delete(stream ?? 0);
      return;
    }
    const ended = [...(this.#untold ?? [])].filter((number) => {
      const state = known.get(number);
      return state !== undefined && state.durable === state.next;
    });
    this.#untold = undefined;
    if (ended.length === 0) return;
    for (const number of ended) this.#streams.delete(streamOf(this.boot, number));
    this.#server.forget(this, ended);
  }

  #onClock(clock: link.IClock | null | undefined): void {
    if (!clock?.source || !isTime(clock.offset ?? 0)) return;
    const source = clock.source === link.Clock.Source.SNTP ? 'sntp' : 'gateway';
    this.clock = { offset: clock.offset!, source, roundTrip: clock.roundTrip ?? 0 };
  }

  #onStream(declaration: link.IStreamDeclaration): boolean {
    const boot = declaration.boot ? toBoot(declaration.boot) : this.boot;
    if (!this.#isTaken(boot)) return this.#refused('boot');
    if (this.#streams.size >= limits.streams * (1 + this.#retained.length))
      return this.#refused('too-many-streams');
    try {
      const metadata = metadataOf(this.part, boot, declaration);
      const state = this.#server.directory.declare(metadata);
      if (JSON.stringify(state.metadata) !== JSON.stringify(metadata)) return this.#refused('stream-changed');
      this.#streams.set(streamOf(boot, metadata.stream), state);
      const { clock } = declaration;
      if (clock?.source && Number.isFinite(clock.offset)) this.#offsets.set(bootText(boot), clock.offset!);
      return true;
    } catch (error) {
      if (error instanceof DeclarationError) return this.#refused('declaration', error.message);
      throw error;
    }
  }

  #onBlock(bytes: Uint8Array): 'taken' | 'waits' | 'refused' {
    const server = this.#server;
    const refused = (code: string, message?: string) => {
      this.refuse(code, message);
      return 'refused' as const;
    };
    const block = inspectBlock(bytes);
    if (block instanceof BlockError) return refused('block', block.message);
    if (!this.#isTaken(block.boot)) return refused('boot');
    const state = this.#find(block.boot, block.stream);
    if (state === undefined) return refused('undeclared-stream');
    const offset = sameBoot(block.boot, this.boot)
      ? this.clock?.offset
      : (this.#offsets.get(bootText(block.boot)) ?? server.directory.offsetOf(this.part, block.boot));
    if (!isTime(block.end + (offset ?? 0))) return refused('block', 'its stamps are no times');
    const outcome = server.directory.append(state, { ...block, bytes }, offset);
    if (outcome === 'full') return 'waits';
    if (outcome === 'closed') {
      this.drain('the capture directory takes nothing', retryAfter.storage);
      return 'refused';
    }
    this.#wanted.add(state);
    if (outcome === 'out-of-order') return refused('out-of-order');
    if (outcome === 'duplicate') {
      server.counters.duplicates++;
      if (block.sequence < state.durable) this.acknowledge();
    } else {
      this.#unacknowledged += bytes.length;
      server.counters.blocks++;
      server.counters.readings += block.readings;
      if (this.#unacknowledged > limits.window + limits.message) return refused('window');
    }
    return 'taken';
  }

  #isTaken(boot: Boot): boolean {
    return sameBoot(boot, this.boot) || this.#retained.some((other) => sameBoot(other, boot));
  }

  #find(boot: Boot, stream: number): StreamState | undefined {
    return this.#streams.get(streamOf(boot, stream));
  }

  /** Reads nothing until the directory has room. */
  #wait(): void {
    this.#intake.hold('storage');
    this.#server.heldBack.add(this);
  }

  /** The same, with a message of which everything before a block is done. */
  #waitWith(envelope: link.Envelope, block: number): void {
    const blocks = envelope.blocks.slice(block);
    const rest = { ...envelope, taken: 0, clock: null, streams: [], gaps: [], blocks };
    this.#intake.keepFirst(new link.Envelope(rest));
    this.#wait();
  }

  /**
   * The directory has room: the next message that waits is taken; behind the last one the transport goes on.
   * @returns whether there is still room
   */
  resume(): boolean {
    const { heldBack, clock } = this.#server;
    heldBack.delete(this);
    this.#heard = clock.now();
    const envelope = this.#intake.next();
    if (envelope !== undefined) this.#onEnvelope(envelope);
    const hasRoom = !heldBack.has(this);
    if (this.state === 'closed' || !hasRoom) return hasRoom;
    if (this.#intake.hasMessages) heldBack.add(this);
    else this.#intake.release('storage');
    return true;
  }

  /** Blocks of this session are durable. */
  durable(state: StreamState, bytes: number): void {
    this.#unacknowledged = Math.max(0, this.#unacknowledged - bytes);
    this.#wanted.add(state);
  }

  /** Sends what can be acknowledged. */
  acknowledge(): void {
    if (this.state === 'open' && this.#wanted.size > 0) this.#outgoing.flow();
  }

  /** What goes out next: what the part waits for first, calls as long as one more message has room. */
  #next(room: number): link.IEnvelope | undefined {
    const clockAnswer = this.#clockAnswer;
    const configuration = this.#configuration;
    if (clockAnswer !== undefined) {
      this.#clockAnswer = undefined;
      return { clockAnswer };
    }
    if (this.#wanted.size > 0 && this.#mayAcknowledge()) {
      const acknowledgements = [...this.#wanted].map((state) => this.#position(state));
      this.#wanted.clear();
      return { acknowledgements };
    }
    if (configuration !== undefined) {
      this.#configuration = undefined;
      return { configuration };
    }
    const call = room > 0 ? this.#calls.next() : undefined;
    return call && { call };
  }

  /** One acknowledgement is under way at a time, so that what becomes durable meanwhile is told in one; but not for long. */
  #mayAcknowledge(): boolean {
    const { clock } = this.#server;
    const { sent, taken } = this.#outgoing;
    const now = clock.now();
    if (taken < this.#acknowledged && now < this.#acknowledgeAt) {
      this.#cancelAcknowledgement ??= clock.after(this.#acknowledgeAt - now, () => {
        this.#cancelAcknowledgement = undefined;
        this.#outgoing.flow();
      });
      return false;
    }
    this.#acknowledged = sent + 1;
    this.#acknowledgeAt = now + limits.acknowledgementPause;
    return true;
  }

  #position(state: StreamState): link.IAcknowledgement {
    const { boot, stream } = state.metadata;
    return sameBoot(boot, this.boot)
      ? { stream, next: state.durable }
      : { stream, next: state.durable, boot: { counter: boot.counter, random: boot.random } };
  }

  configure({ revision, part, additions }: PartConfiguration): void {
    if (this.state !== 'open') return;
    const configuration = { revision, part, additions };
    const { length } = link.Envelope.encode({ configuration }).finish();
    if (length <= limits.messageToPart) {
      this.#configuration = configuration;
      this.#outgoing.flow();
      return;
    }
    const message = `the part takes ${limits.messageToPart} bytes at most, its configuration takes ${length}`;
    const problems = [{ error: true, code: 'too-large', path: '$', message }];
    this.#server.onConfigurationResult(this, { revision, applied: false, problems });
  }

  /** @throws CallError when the part refuses, does not answer in time, or goes, or when too many wait for it. */
  call(request: CallRequest): Promise<unknown> {
    return this.#calls.call(request);
  }

  /** The part should come back later. */
  drain(reason: string, retry: number): void {
    this.endedBy = `told to come back: ${reason}`;
    this.#send({ drain: { reason, retry } });
    this.close();
  }

  /** Ends the session with a reason that is counted. */
  refuse(code: string, message = '', retry = 0): void {
    if (this.state === 'closed') return;
    this.endedBy = code;
    this.#server.refused(this, code, message);
    this.#send({ refusal: { code, message, retry } });
    this.close();
  }

  #refused(code: string, message = ''): false {
    this.refuse(code, message);
    return false;
  }

  close(): void {
    if (this.state === 'closed') return;
    this.#end();
    this.#connection.close();
  }

  #end(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.#cancelTimer();
    this.#cancelAcknowledgement?.();
    this.#intake.end();
    this.#outgoing.end();
    this.#calls.end();
    this.#server.ended(this);
  }

  #send(envelope: link.IEnvelope): void {
    if (this.#connection.unsent > limits.unsent) {
      this.close();
      return;
    }
    this.#connection.send(link.Envelope.encode(envelope).finish());
  }

  #watchSilence(): void {
    this.#cancelTimer = this.#server.clock.after(limits.silence / 4, () => {
      // Who is not read from cannot be heard.
      if (!this.#intake.held && this.#server.clock.now() - this.#heard > limits.silence)
        this.refuse('silent');
      else if (this.state !== 'closed') this.#watchSilence();
    });
  }
}

/** Of one part. */
function streamOf(boot: Boot, stream: number): string {
  return `${bootText(boot)}/${stream}`;
}

/**
 * As many positions as one message to a part holds: of the newest streams, since a part has forgotten ended ones.
 * What a part does not hear of, it sends again, which is no harm.
 */
function newestThatFit(positions: link.IAcknowledgement[]): link.IAcknowledgement[] {
  const newest = [...positions].sort((a, b) => (b.stream ?? 0) - (a.stream ?? 0));
  const longest = 40;
  return newest.slice(0, Math.floor((limits.messageToPart - longest) / longest));
}
