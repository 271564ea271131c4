/** `sntp` with the SDK's retries: 5 s apart, five, then an error, after which the callback may name another host. */
import { call, listen } from 'sim/bridge';
import * as protocol from 'sim/network/protocol';
import { forget, resolve } from 'sim/network/sockets';
import Timer from 'timer';

type Callback = (message: number, value?: number | string) => string | undefined;

const interval = 5_000;
const retries = 5;

let clients: Map<number, SNTP> | undefined;
let nextQuery = 0;

class SNTP {
  static readonly time = 1;
  static readonly retry = 2;
  static readonly error = -1;

  #callback: Callback;
  #timer: Timer | undefined;
  #retry = retries;
  #query: number;
  #resolving = 0;
  #resolved = false;

  constructor(options: { host: string }, callback: Callback) {
    if (!clients) {
      clients = new Map();
      listen(protocol.timeChannel, deliver);
    }
    this.#callback = callback;
    this.#query = nextQuery;
    nextQuery = (nextQuery + 1) & 0xff;
    clients.set(this.#query, this);
    this.#timer = Timer.repeat(() => this.#again(), interval);
    this.#start(options.host);
  }

  close(): void {
    Timer.clear(this.#timer);
    this.#timer = undefined;
    forget(this.#resolving);
    clients?.delete(this.#query);
  }

  answered(time: number): void {
    this.close();
    this.#callback(SNTP.time, time);
  }

  #start(host: string): void {
    this.#retry = retries;
    this.#resolved = false;
    this.#resolving = resolve(host, (address) => {
      if (!this.#timer) return;
      if (!address) {
        this.#failed(`cannot resolve ${host}`);
        return;
      }
      this.#resolved = true;
      this.#ask();
      Timer.schedule(this.#timer, interval, interval);
    });
  }

  #again(): void {
    this.#retry -= 1;
    if (this.#retry === 0) {
      this.#failed('no response from SNTP server');
      return;
    }
    this.#ask();
    this.#callback(SNTP.retry);
  }

  #ask(): void {
    if (this.#resolved) call(protocol.timeChannel, Uint8Array.of(this.#query).buffer);
  }

  #failed(message: string): void {
    const host = this.#callback(SNTP.error, message);
    if (host && this.#timer) {
      Timer.schedule(this.#timer, interval, interval);
      this.#start(host);
    } else {
      this.close();
    }
  }
}

function deliver(event: ArrayBuffer): void {
  const view = new DataView(event);
  clients?.get(view.getUint8(0))?.answered(view.getFloat64(1, true));
}

export default SNTP;
