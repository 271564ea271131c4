/** `embedded:io/pwm` with the limits of the chip's LEDC as the SDK uses it: channels from 4 on, four timers. */
import { pwm } from 'sim/board';
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
const { channels, lowestHz } = pwm;
const lowestResolution = 8;
/** Hz of the clock that a timer divides by 2^resolution, at least by that. */
const clock = 80_000_000;
/** The SDK offers these channels, on a chip that lacks some too. */
const lastChannel = 7;

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
    const hz = Math.trunc(options.hz ?? from?.hz ?? 1_024);
    const resolution = options.resolution ?? from?.resolution ?? 10;
    if (!(hz > 0)) throw new RangeError('invalid hz');
    if (!(resolution > 0 && resolution < 20)) throw new RangeError('invalid resolution');
    // Of other resolutions the SDK looks beyond its table: what it finds there is chance.
    if (!(hz >= (lowestHz[resolution - lowestResolution] ?? Number.POSITIVE_INFINITY)))
      throw new RangeError('invalid combination of hz and resolution');
    const channel = from ? from.#channel : freeChannel(options.port);
    if (hz * 2 ** resolution > clock) throw new Error('configure ledc timer failed');
    if (!channels.includes(channel)) throw new Error("can't configure");
    if (from) {
      this.#pin = from.#pin;
      this.#duty = from.#duty;
      from.#letGo();
    } else {
      claim(options.pin, 'output');
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
  if (port !== undefined && !(port >= 0 && port <= lastChannel)) throw new RangeError('invalid port');
  if (port !== undefined && (port < channels[0]! || taken?.includes(port)))
    throw new Error('port unavailable');
  let channel = port ?? channels[0]!;
  if (port === undefined) while (taken?.includes(channel)) channel += 1;
  if (channel > lastChannel) throw new Error('no ledc channel');
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
