/** `embedded:io/pwm` with the limits of the ESP32's LEDC as the SDK uses it: channels 4 to 7, four timers. */
import { write } from 'sim/pins';
import { claim, release } from './pin-table';

interface Options {
  pin: number;
  port?: number;
  hz?: number;
  resolution?: number;
  from?: PWM;
  format?: string;
  target?: unknown;
}

const timerCount = 4;
const channels = Object.freeze([4, 5, 6, 7]);

/** The lowest frequency of each resolution from 8 bits on, as the SDK has measured it on the ESP32. */
const lowestHz = Object.freeze([65, 33, 17, 9, 5, 3, 2]);

interface LedcTimer {
  hz: number;
  resolution: number;
  users: number;
}

let timers: LedcTimer[] | undefined;
let taken: number[] | undefined;

class PWM {
  target?: unknown;
  #pin = -1;
  #channel = -1;
  #timer: LedcTimer | undefined;
  #duty = 0;

  constructor(options: Options) {
    if (options.format !== undefined && options.format !== 'number') throw new RangeError('invalid format');
    const from = options.from;
    if (from && !from.#timer) throw new SyntaxError('invalid from');
    const hz = options.hz ?? from?.hz ?? 1_024;
    const resolution = options.resolution ?? from?.resolution ?? 10;
    if (!(hz > 0)) throw new RangeError('invalid hz');
    if (!(resolution > 0 && resolution < 20)) throw new RangeError('invalid resolution');
    if (hz < (lowestHz[resolution - 8] ?? 1))
      throw new RangeError('invalid combination of hz and resolution');
    const channel = from ? from.#channel : freeChannel(options.port);
    if (from) {
      this.#pin = from.#pin;
      this.#duty = from.#duty;
      from.#letGo();
    } else {
      claim(options.pin, false);
      this.#pin = options.pin;
    }
    this.#channel = channel;
    this.#timer = takeTimer(hz, resolution);
    taken = [...(taken ?? []), channel];
    if ('target' in options) this.target = options.target;
    write(this.#pin, this.#duty);
  }

  close(): void {
    if (!this.#timer) return;
    write(this.#pin, 0);
    release(this.#pin);
    this.#letGo();
  }

  write(duty: number): void {
    const value = Math.trunc(duty);
    if (!(value >= 0 && value < 2 ** this.resolution)) throw new RangeError('invalid value');
    this.#duty = value;
    write(this.#pin, value);
  }

  get hz(): number {
    return this.#open().hz;
  }

  get resolution(): number {
    return this.#open().resolution;
  }

  get format(): string {
    return 'number';
  }

  set format(value: string) {
    if (value !== 'number') throw new RangeError('format');
  }

  #open(): LedcTimer {
    if (!this.#timer) throw new SyntaxError('invalid');
    return this.#timer;
  }

  #letGo(): void {
    this.#timer!.users -= 1;
    this.#timer = undefined;
    taken = taken!.filter((channel) => channel !== this.#channel);
  }
}

function freeChannel(port: number | undefined): number {
  if (port !== undefined && !(port >= 0 && port < 8)) throw new RangeError('invalid port');
  const free = channels.filter((channel) => !taken?.includes(channel));
  if (port !== undefined && !free.includes(port)) throw new Error('port unavailable');
  const channel = port ?? free[0];
  if (channel === undefined) throw new Error('no ledc channel');
  return channel;
}

function takeTimer(hz: number, resolution: number): LedcTimer {
  timers = (timers ?? []).filter(({ users }) => users > 0);
  let timer = timers.find((each) => each.hz === hz && each.resolution === resolution);
  if (!timer) {
    if (timers.length === timerCount) throw new RangeError('no timer');
    timer = { hz, resolution, users: 0 };
    timers.push(timer);
  }
  timer.users += 1;
  return timer;
}

export default PWM;
