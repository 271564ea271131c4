/** DNS for one device: its UDP sockets, and the server that answers whatever address and port it asks. */
import * as protocol from '../moddable/network/protocol';
import type { Path } from './path';
import type { NetworkDevice } from './types';

export interface NameHost {
  /** The address of a name: undefined when nobody has it. */
  resolve(host: string): string | undefined | Promise<string | undefined>;
  /** False while DNS does not answer. */
  readonly namesAnswered: boolean;
  /** What DNS answers instead of the right thing, packet by packet; undefined: the right thing. */
  forgeAnswers(query: Uint8Array, host: string): Uint8Array[] | undefined;
}

interface Socket {
  packets: Uint8Array[];
  posted: boolean;
}

const headBytes = 12;
/** Name servers of a network that nobody has set up answer nothing at all to these. */
const multicastPort = 5_353;

export class NameServer {
  #sockets = new Map<number, Socket>();
  #next = 0;
  readonly #device: NetworkDevice;
  readonly #host: NameHost;
  readonly #path: Path;
  readonly #passes: () => boolean;

  constructor(device: NetworkDevice, host: NameHost, path: Path, passes: () => boolean) {
    this.#device = device;
    this.#host = host;
    this.#path = path;
    this.#passes = passes;
  }

  call(request: Uint8Array): Uint8Array | undefined {
    const [what, id = 0] = request;
    const socket = this.#sockets.get(id);
    if (what === protocol.udpOpen) {
      this.#next = (this.#next + 1) & 0xff;
      this.#sockets.set(this.#next, { packets: [], posted: false });
      return Uint8Array.of(this.#next);
    }
    if (what === protocol.udpClose) this.#sockets.delete(id);
    else if (what === protocol.udpSend) this.#asked(id, socket!, request.slice(6));
    else if (what === protocol.udpRead) return socket!.packets.shift();
    else if (what === protocol.udpDeliver) {
      socket!.posted = false;
      return Uint8Array.of(socket!.packets.length);
    }
    return undefined;
  }

  reset(): void {
    this.#sockets.clear();
  }

  /** @param request port and query */
  #asked(id: number, socket: Socket, request: Uint8Array): void {
    const port = request[0]! | (request[1]! << 8);
    const query = request.subarray(2);
    const { clock } = this.#device;
    if (!this.#passes() || !this.#host.namesAnswered) return;
    const path = this.#path;
    const asked = path.datagram('up', query.length);
    if (asked === undefined) return;
    clock.at(asked, async () => {
      for (const packet of await this.#answersTo(query, port)) {
        const answered = path.datagram('down', packet.length);
        if (answered !== undefined) clock.at(answered, () => this.#deliver(id, socket, packet));
      }
    });
  }

  #deliver(id: number, socket: Socket, packet: Uint8Array): void {
    if (this.#sockets.get(id) !== socket) return;
    socket.packets.push(packet);
    if (socket.posted) return;
    socket.posted = true;
    this.#device.post(protocol.socketChannel, Uint8Array.of(protocol.udpTriggered, id));
  }

  async #answersTo(query: Uint8Array, port: number): Promise<Uint8Array[]> {
    const host = nameOf(query);
    const forged = this.#host.forgeAnswers(query, host);
    if (forged) return forged;
    const address = await this.#host.resolve(host);
    if (address === undefined && port === multicastPort) return [];
    return [answerTo(query, address)];
  }
}

/** The name in the one question of a query. */
export function nameOf(query: Uint8Array): string {
  const labels: string[] = [];
  for (let at = headBytes; query[at] !== 0; at += 1 + query[at]!)
    labels.push(Buffer.from(query.subarray(at + 1, at + 1 + query[at]!)).toString());
  return labels.join('.');
}

/** An answer with one address, or with none: there is no such name. */
export function answerTo(query: Uint8Array, address: string | undefined): Uint8Array {
  const answer = Buffer.from(query);
  answer.writeUInt16BE(address === undefined ? 0x8183 : 0x8180, 2);
  if (address === undefined) return answer;
  answer.writeUInt16BE(1, 6);
  const parts = address.split('.').map(Number);
  const toQuestion = [0xc0, headBytes];
  return Buffer.concat([answer, Uint8Array.of(...toQuestion, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...parts)]);
}
