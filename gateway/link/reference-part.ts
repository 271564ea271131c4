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
  private readonly waiting: { matches(): boolean; resolve(): void }[] = [];

  constructor(readonly options: ReferencePartOptions) {
    this.nonce = options.random?.(nonceBytes) ?? crypto.getRandomValues(new Uint8Array(nonceBytes));
  }

  /** The transport is open. */
  hello(): void {
    const { part, boot } = this.options;
    this.send({ hello: { protocol: protocolVersion, part, boot, nonce: this.nonce } });
  }

  receive(bytes: Uint8Array): void {
    const envelope = link.Envelope.decode(bytes);
    this.received.push(envelope);
    const { part, secret, boot } = this.options;
    if (envelope.challenge) {
      const handshake = { part, boot, partNonce: this.nonce, gatewayNonce: envelope.challenge.nonce! };
      this.expected = prove('gateway', secret, handshake);
      this.send({ proof: { proof: prove('part', secret, handshake), monotonic: this.options.now?.() ?? 0 } });
    }
    if (envelope.welcome) {
      this.gatewayProved = isProof(envelope.welcome.proof!, this.expected);
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
    for (const entry of this.waiting.splice(0)) {
      if (entry.matches()) entry.resolve();
      else this.waiting.push(entry);
    }
  }

  /** Resolves once `condition` holds after a message. */
  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ matches: condition, resolve }));
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
    this.options.send(link.Envelope.encode(envelope).finish());
  }

  private expected: Uint8Array = new Uint8Array(0);
}
