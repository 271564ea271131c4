/**
 * A part in Node, over any transport: for tests and benchmarks. It does what proto/README.md says and no more,
 * and leaves room to do it wrongly.
 */
import type { BootId } from '../../modules/block/types';
import { nonceBytes, protocolVersion } from '../../proto/handshake';
import { link } from '../../proto/link.js';
import { isProof, prove } from './proof';

export interface ReferencePartOptions {
  part: string;
  secret: string;
  boot: BootId;
  send(bytes: Uint8Array): void;
  random?: (bytes: number) => Uint8Array;
  now?: () => number;
  begin?: link.IBegin;
  /** Messages that may wait for it; 0: as a part of the first release, which tells nothing of it. Default 8. */
  receives?: number;
  onAcknowledged?(acknowledgements: link.IAcknowledgement[]): void;
  /** @returns the answer, in parts if its result is long; undefined: none */
  onCall?(call: link.ICall): link.IAnswer | link.IAnswer[] | undefined;
}

export class ReferencePart {
  /** Everything received, in order. */
  readonly received: link.Envelope[] = [];
  /** `next` of each stream, as acknowledged. */
  readonly acknowledged = new Map<number, number>();
  readonly nonce: Uint8Array;
  open = false;
  gatewayProved = false;
  refusal?: link.IRefusal;
  readonly #receives: number;
  /** Messages read, and how many of them it has told of. */
  #taken = 0;
  #told = 0;
  readonly #waiting: { matches(): boolean; resolve(): void }[] = [];

  constructor(readonly options: ReferencePartOptions) {
    this.#receives = options.receives ?? 8;
    this.nonce = options.random?.(nonceBytes) ?? crypto.getRandomValues(new Uint8Array(nonceBytes));
  }

  /** The transport is open. */
  hello(): void {
    const { part, boot } = this.options;
    const { nonce } = this;
    const receives = this.#receives;
    this.send({ hello: { protocol: protocolVersion, part, boot, nonce, receives } });
  }

  receive(bytes: Uint8Array): void {
    const envelope = link.Envelope.decode(bytes);
    this.received.push(envelope);
    this.#taken++;
    const { part, secret, boot } = this.options;
    if (envelope.challenge) {
      const handshake = { part, boot, partNonce: this.nonce, gatewayNonce: envelope.challenge.nonce! };
      this.#expected = prove('gateway', secret, handshake);
      this.send({ proof: { proof: prove('part', secret, handshake), monotonic: this.options.now?.() ?? 0 } });
    }
    if (envelope.welcome) {
      this.gatewayProved = isProof(envelope.welcome.proof!, this.#expected);
      this.send({ begin: this.options.begin ?? {} });
    }
    if (envelope.resume) this.open = true;
    const acknowledgements = [...envelope.acknowledgements, ...(envelope.resume?.positions ?? [])];
    for (const { stream, next } of acknowledgements) this.acknowledged.set(stream ?? 0, next ?? 0);
    if (acknowledgements.length > 0) this.options.onAcknowledged?.(acknowledgements);
    if (envelope.refusal) this.refusal = envelope.refusal;
    if (envelope.call) {
      const { id } = envelope.call;
      const answers = this.options.onCall?.(envelope.call) ?? [];
      for (const answer of [answers].flat()) this.send({ answer: { id, ...answer } });
    }
    if (this.open && this.#receives > 0 && this.#taken - this.#told >= this.#receives / 2) this.send({});
    for (const entry of this.#waiting.splice(0)) {
      if (entry.matches()) entry.resolve();
      else this.#waiting.push(entry);
    }
  }

  /** Resolves once `condition` holds after a message. */
  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ matches: condition, resolve }));
  }

  declare(number: number, declaration: link.IStreamDeclaration = {}): void {
    this.send({
      streams: [
        {
          number,
          resource: 'rdk:component:board/my-esp32',
          method: 'Analogs',
          parameters: { reader_name: `A${number}` },
          periodNumerator: 10,
          periodDenominator: 1,
          ...declaration,
        },
      ],
    });
  }

  blocks(...blocks: Uint8Array[]): void {
    this.send({ blocks });
  }

  send(envelope: link.IEnvelope): void {
    const tells = this.#receives > 0 && this.open && this.#taken > this.#told;
    if (tells) this.#told = this.#taken;
    const taken = tells ? { taken: this.#taken } : {};
    this.options.send(link.Envelope.encode({ ...taken, ...envelope }).finish());
  }

  #expected: Uint8Array = new Uint8Array(0);
}
