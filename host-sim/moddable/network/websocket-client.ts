/**
 * `embedded:network/websocket/client` with the semantics of SDK 8.2.3: RFC 6455 over injected sockets, flow control
 * by count, no time-outs. Where the SDK's client goes wrong silently, this one throws and says so. It takes as much of
 * the arena as the SDK's: so no methods are private ones, which take a slot of every instance.
 */
import {
  allUpgradeHeaders,
  maskFrame,
  maskLength,
  randomKey,
  upgradeHeader,
  writeHead,
} from 'sim/network/websocket-frame';
import Timer from 'timer';

interface Socket {
  read(count?: number | ByteBuffer): number | ArrayBuffer | undefined;
  write(data: ByteBuffer): number | undefined;
  close(): void;
  format: string;
}

interface Options {
  host: string;
  port?: number;
  path?: string;
  protocol?: string;
  headers?: Map<string, string>;
  dns: { io: new (options: unknown) => Resolver };
  socket: { io: new (options: unknown) => Socket };
  onReadable?: (this: WebSocketClient, count: number, options: { more: boolean; binary: boolean }) => void;
  onWritable?: (this: WebSocketClient, count: number) => void;
  onControl?: (this: WebSocketClient, opcode: number, data: ArrayBuffer) => void;
  onClose?: (this: WebSocketClient) => void;
  onError?: (this: WebSocketClient) => void;
  format?: string;
  target?: unknown;
}

interface Resolver {
  resolve(request: {
    host: string;
    onResolved: (host: string, address: string) => void;
    onError: () => void;
  }): void;
}

type State = 'resolving' | 'connecting' | 'status' | 'headers' | 'connected' | 'closing' | 'closed';

/** What the SDK keeps back of the writable count: a frame head of a message below 64 KB, and of any. */
const headKept = 8;
const largestHead = 14;

const opcodeText = 1;
const opcodeBinary = 2;
const opcodeClose = 8;
const opcodePing = 9;
const opcodePong = 10;

const closeSent = 1;
const closeReceived = 2;

const phaseTag = 0;
const phaseLength = 1;
const phaseExtended = 2;
const phaseMask = 3;
const phasePayload = 4;

class WebSocketClient {
  static readonly text = opcodeText;
  static readonly binary = opcodeBinary;
  static readonly close = opcodeClose;
  static readonly ping = opcodePing;
  static readonly pong = opcodePong;

  target: unknown;
  #options: Options | undefined;
  #callbacks: Pick<Options, 'onReadable' | 'onWritable' | 'onControl' | 'onClose' | 'onError'>;
  #socket: Socket | undefined;
  #state: State = 'resolving';
  #numbers = false;
  #writable = 0;
  /** Bytes of the message at hand that the callback may read. */
  #data = 0;
  #line = '';
  #upgradeHeaders = 0;
  #fragmentedWrite = false;
  #closing = 0;
  #closer: Timer | undefined;
  #pendingControl: { opcode: number; data: ArrayBuffer } | undefined;
  #pendingTimer: Timer | undefined;
  // The frame being received.
  #phase = phaseTag;
  #tag = 0;
  #binary = false;
  #left = 0;
  #extended = 0;
  #masked = false;
  #mask: number[] = [];
  #control: Uint8Array | undefined;
  #controlFilled = 0;

  constructor(options: Options) {
    const { onReadable, onWritable, onControl, onClose, onError } = options;
    this.#callbacks = { onReadable, onWritable, onControl, onClose, onError };
    this.format = options.format ?? 'buffer';
    if (options.target !== undefined) this.target = options.target;
    this.#options = options;
    const resolver = new options.dns.io(options.dns);
    resolver.resolve({
      host: options.host,
      // As in the SDK, `close` does not stop this: a client closed while resolving connects all the same.
      onResolved: (host, address) => this.connect(host, address),
      onError: () => this.fail(),
    });
  }

  close(): void {
    this.#state = 'closed';
    this.#socket?.close();
    this.#socket = undefined;
    Timer.clear(this.#closer);
    Timer.clear(this.#pendingTimer);
    this.#closer = this.#pendingTimer = undefined;
  }

  write(data: ByteBuffer, options?: { binary?: boolean; more?: boolean; opcode?: number }): number {
    if (data instanceof DataView)
      throw new TypeError('SDK 8.2.3 sends zeros for a DataView: pass a Uint8Array');
    const { byteLength } = data;
    const head = (byteLength < 126 ? 2 : byteLength < 65_536 ? 4 : 10) + maskLength;
    if (this.#state !== 'connected' || head + byteLength > this.#writable) throw new Error('not writable');
    if ((data as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT! > 1)
      throw new TypeError('not a byte buffer');
    const tag = this.tagOf(options);
    // The payload begins at a whole word, so that it can be masked word by word.
    const before = (4 - (head & 3)) & 3;
    const frame = new Uint8Array(new ArrayBuffer(before + head + byteLength), before);
    writeHead(frame, tag, byteLength);
    frame.set(data instanceof ArrayBuffer ? new Uint8Array(data) : (data as Uint8Array), head);
    maskFrame(frame, head);
    this.#socket!.format = 'buffer';
    this.#writable = this.#socket!.write(frame) ?? 0;
    if (tag === (0x80 | opcodeClose)) this.sentClose();
    return this.#writable > largestHead ? this.#writable - largestHead : 0;
  }

  read(count?: number | ByteBuffer): number | ArrayBuffer | undefined {
    if (this.#data === 0) return undefined;
    if (this.#numbers) {
      this.#data -= 1;
      this.#socket!.format = 'number';
      const byte = this.#socket!.read() as number;
      return this.#masked ? byte ^ this.#mask[this.turnMask(1)]! : byte;
    }
    this.#socket!.format = 'buffer';
    if (count !== undefined && typeof count !== 'number') {
      this.#data -= count.byteLength;
      const length = this.#socket!.read(count) as number;
      this.unmask(ArrayBuffer.isView(count) ? (count as Uint8Array) : new Uint8Array(count));
      return length;
    }
    const length = count === undefined || count > this.#data ? this.#data : count;
    this.#data -= length;
    const bytes = this.#socket!.read(length) as ArrayBuffer;
    this.unmask(new Uint8Array(bytes));
    return bytes;
  }

  get format(): string {
    return this.#numbers ? 'number' : 'buffer';
  }

  set format(value: string) {
    if (value !== 'buffer' && value !== 'number') throw new RangeError('format');
    this.#numbers = value === 'number';
  }

  private connect(host: string, address: string): void {
    const { socket, port = 80 } = this.#options!;
    try {
      this.#state = 'connecting';
      this.#socket = new socket.io({
        ...socket,
        address,
        host,
        port,
        onReadable: (count: number) => this.received(count),
        onWritable: (count: number) => this.canWrite(count),
        onError: () => this.fail(),
      });
    } catch {
      this.fail();
    }
  }

  private fail(): void {
    this.close();
    if (this.#closing) this.#callbacks.onClose?.call(this);
    else this.#callbacks.onError?.call(this);
  }

  private canWrite(count: number): void {
    this.#writable = count;
    if (this.#state === 'connecting') {
      this.upgrade();
    } else if (this.#state === 'connected') {
      if (this.#pendingControl && !this.answerControl()) return;
      this.#callbacks.onWritable?.call(this, this.#writable <= headKept ? 0 : this.#writable - headKept);
    }
  }

  private upgrade(): void {
    const { host, path = '/', protocol, headers } = this.#options!;
    const lines = [
      `GET ${path || '/'} HTTP/1.1`,
      `Host: ${host}`,
      'Upgrade: websocket',
      'Connection: keep-alive, Upgrade',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomKey()}`,
    ];
    if (protocol) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
    if (headers) for (const [name, value] of headers) lines.push(`${name}: ${value}`);
    lines.push('', '');
    this.#writable = this.#socket!.write(ArrayBuffer.fromString(lines.join('\r\n'))) ?? 0;
    this.#state = 'status';
    this.#socket!.format = 'number';
  }

  private received(count: number): void {
    let left = count;
    while (left > 0 && (this.#state === 'status' || this.#state === 'headers')) {
      const byte = this.#socket!.read() as number;
      left -= 1;
      this.#line += String.fromCharCode(byte);
      if (byte === 10 && this.#line.endsWith('\r\n')) this.headerLine();
    }
    if (left > 0 && this.#state === 'connected') this.frames(left);
  }

  private headerLine(): void {
    const line = this.#line;
    this.#line = '';
    if (this.#state === 'status') {
      const parts = line.split(' ');
      if (parts.length < 3 || Number.parseInt(parts[1]!, 10) !== 101) this.fail();
      else this.#state = 'headers';
    } else if (line !== '\r\n') {
      this.#upgradeHeaders |= upgradeHeader(line);
    } else if (this.#upgradeHeaders !== allUpgradeHeaders) {
      this.fail();
    } else {
      this.#state = 'connected';
      this.#options = undefined;
      if (this.#writable > headKept) this.#callbacks.onWritable?.call(this, this.#writable - headKept);
    }
  }

  private frames(count: number): void {
    let left = count;
    while (this.#socket && this.#state !== 'closed') {
      if (this.#phase === phasePayload) {
        const taken = this.#control ? this.controlPayload(left) : this.payload(left);
        if (taken < 0) return;
        left -= taken;
      } else if (left === 0) {
        return;
      } else {
        // As in the SDK only before a frame's first byte: what is written before the next turns it back.
        if (this.#phase === phaseTag) this.#socket.format = 'number';
        const byte = this.headRead(this.#socket);
        left -= 1;
        if (!this.headByte(byte)) return;
      }
    }
  }

  private headRead(socket: Socket): number {
    const byte = socket.read();
    if (typeof byte === 'number') return byte;
    throw new Error(
      'SDK 8.2.3 misreads a frame head that comes in parts when something is written in between',
    );
  }

  /** False when the frame is not allowed, and the connection has failed. */
  private headByte(byte: number): boolean {
    if (this.#phase === phaseTag) {
      const opcode = byte & 0x0f;
      if (byte & 0x70 || (opcode > opcodeBinary && opcode < opcodeClose) || opcode > opcodePong) {
        this.fail();
        return false;
      }
      this.#tag = byte;
      if (opcode === opcodeText || opcode === opcodeBinary) this.#binary = opcode === opcodeBinary;
      this.#phase = phaseLength;
    } else if (this.#phase === phaseLength) {
      this.#masked = (byte & 0x80) !== 0;
      this.#mask = [];
      this.#left = byte & 0x7f;
      this.#extended = this.#left === 126 ? 2 : this.#left === 127 ? 8 : 0;
      if (this.#extended > 0) this.#left = 0;
      this.#phase = this.#extended > 0 ? phaseExtended : this.#masked ? phaseMask : phasePayload;
    } else if (this.#phase === phaseExtended) {
      // As in the SDK, with 32 bits and their sign.
      this.#left = (this.#left << 8) | byte;
      this.#extended -= 1;
      if (this.#extended === 0) this.#phase = this.#masked ? phaseMask : phasePayload;
    } else {
      this.#mask.push(byte);
      if (this.#mask.length === maskLength) this.#phase = phasePayload;
    }
    if (this.#phase === phasePayload && this.#tag & 0x08) {
      this.#control = new Uint8Array(this.#left);
      this.#controlFilled = 0;
    }
    return true;
  }

  /** Hands payload to the callback; returns how much of `available` it was, -1 when it waits for more. */
  private payload(available: number): number {
    if (available === 0 && this.#left !== 0) return -1;
    const count = Math.min(this.#left, available);
    this.#left -= count;
    const more = this.#left > 0 || (this.#tag & 0x80) === 0;
    if (this.#left === 0) this.#phase = phaseTag;
    this.#data = count;
    this.#socket!.format = 'buffer';
    this.#callbacks.onReadable?.call(this, count, { more, binary: this.#binary });
    if (this.#socket && this.#data > 0) {
      throw new Error(`${this.#data} bytes left unread in onReadable: SDK 8.2.3 loses count of them`);
    }
    return count;
  }

  private controlPayload(available: number): number {
    const control = this.#control!;
    let taken = 0;
    while (this.#controlFilled < control.length && taken < available) {
      control[this.#controlFilled] = this.headRead(this.#socket!);
      this.#controlFilled += 1;
      taken += 1;
    }
    if (this.#controlFilled < control.length) return -1;
    this.unmask(control);
    this.#phase = phaseTag;
    this.#control = undefined;
    this.receivedControl(this.#tag & 0x0f, control.buffer as ArrayBuffer);
    return taken;
  }

  private receivedControl(opcode: number, data: ArrayBuffer): void {
    try {
      this.#callbacks.onControl?.call(this, opcode, data);
    } catch {
      // The SDK drops what this callback throws.
    }
    if (!this.#socket) return;
    if (opcode === opcodeClose) {
      if (this.#closing & closeSent) {
        this.close();
        this.#callbacks.onClose?.call(this);
        return;
      }
      this.#closing = closeReceived;
      this.answerLater(opcodeClose, data);
    } else if (opcode === opcodePing && !this.#pendingControl && !(this.#closing & closeReceived)) {
      this.answerLater(opcodePong, data);
    }
  }

  private answerLater(opcode: number, data: ArrayBuffer): void {
    this.#pendingControl = { opcode, data };
    this.#pendingTimer ??= Timer.set(() => {
      this.#pendingTimer = undefined;
      this.canWrite(this.#writable);
    });
  }

  /** False while the answer finds no room. */
  private answerControl(): boolean {
    const { opcode, data } = this.#pendingControl!;
    if (data.byteLength + 6 > this.#writable) return false;
    Timer.clear(this.#pendingTimer);
    this.#pendingTimer = undefined;
    this.#pendingControl = undefined;
    this.#writable = this.write(data, { opcode });
    return true;
  }

  private sentClose(): void {
    if (!(this.#closing & closeReceived)) {
      this.#closing = closeSent;
      return;
    }
    this.#state = 'closing';
    this.#closer = Timer.set(() => {
      this.close();
      this.#callbacks.onClose?.call(this);
    }, 1_000);
  }

  private tagOf(options: { binary?: boolean; more?: boolean; opcode?: number } | undefined): number {
    if (options?.opcode !== undefined) return 0x80 | options.opcode;
    const opcode = this.#fragmentedWrite ? 0 : (options?.binary ?? true) ? opcodeBinary : opcodeText;
    this.#fragmentedWrite = options?.more === true;
    return this.#fragmentedWrite ? opcode : 0x80 | opcode;
  }

  private unmask(bytes: Uint8Array): void {
    if (!this.#masked) return;
    for (let index = 0; index < bytes.length; index += 1) bytes[index]! ^= this.#mask[index & 3]!;
    this.turnMask(bytes.length);
  }

  /** The next byte's place in the mask is its first from now on. */
  private turnMask(count: number): number {
    for (let turn = count & 3; turn > 0; turn -= 1) this.#mask.push(this.#mask.shift()!);
    return 3;
  }
}

export default WebSocketClient;
