/**
 * `board`/`esp32`: the chip's own pins. Attributes as micro-rdk has them: `pins` [27], `analogs` [{name, pin}],
 * `digital_interrupts` [{name, pin}], `i2cs` [{name, bus, data_pin, clock_pin, baudrate_hz}].
 */

import Analog from 'embedded:io/analog';
import type { Attributes } from '../../config/attributes';
import type { JsonValue } from '../../config/json';
import type { ReadingRange } from '../../config/methods';
import { ResourceAbsent } from '../absent-resource';
import type { Board, I2CBus } from '../apis';
import { analogFault, type Chip, pinFault } from '../chips';
import type { DriverContext } from '../driver';
import type { Readable } from '../reading';
import { nativeSourceOf, type Source, unsupported } from '../source';
import { EdgeCounter } from './edge-counter';
import { GpioPin } from './gpio-pin';

/** Volts at 12 dB attenuation: the SDK scales its counts so that the greatest stands for 2.45 V. Above, it clips. */
const fullScaleVolts = 2.45;
/** A bus's lines by default: micro-rdk's, of which an ESP32-S3 alone has both free. */
const usualData = 11;
const usualClock = 6;

export default function build(context: DriverContext): Board {
  const board = new Esp32Board();
  board.open(context.attributes, context.chip, false);
  return board;
}

/** A few of each at most: lists, because an empty Map is as large as two entries. */
interface Named<Io> {
  name: string;
  io: Io;
}

class Esp32Board implements Board {
  private readonly analogs: Named<Analog>[] = [];
  private readonly pins: GpioPin[] = [];
  private readonly interrupts: Named<EdgeCounter>[] = [];
  private readonly buses: Named<I2CBus>[] = [];
  /** All readers have the same resolution, so one range is enough. */
  private range: ReadingRange | undefined = undefined;
  /** Readers, pins and interrupts that somebody else has the pins of; there only while there are any. */
  declare private unopened?: string[];

  complete(attributes: Attributes, chip: Chip): void {
    this.open(attributes, chip, true);
  }

  /** One bad pin is reported and costs its own readings only. @param again only what is not there yet */
  open(attributes: Attributes, chip: Chip, again: boolean): void {
    if (this.unopened) this.unopened = undefined;
    const analogs = attributes.objects('analogs');
    for (let analog = analogs.next(); analog; analog = analogs.next()) this.addAnalog(chip, analog, again);
    const pins = attributes.list('pins');
    for (let index = 0; index < pins.length; index++)
      this.addPin(chip, attributes, `pins[${index}]`, pins[index]!);
    const interrupts = attributes.objects('digital_interrupts');
    for (let interrupt = interrupts.next(); interrupt; interrupt = interrupts.next())
      this.addInterrupt(chip, interrupt, again);
    // Only a chip on it opens a bus.
    if (again) return;
    const buses = attributes.objects('i2cs');
    for (let bus = buses.next(); bus; bus = buses.next()) this.addBus(chip, bus);
  }

  private addAnalog(chip: Chip, attributes: Attributes, again: boolean): void {
    const name = attributes.requiredString('name');
    const pin = attributes.requiredPin('pin');
    // viam-server's: counts come at the collector's rate here, unsmoothed.
    for (const other of ['average_over_ms', 'samples_per_sec'])
      if (attributes.has(other)) attributes.warn('not-for-this-device', other, 'readings are not averaged');
    attributes.finish();
    if (name === undefined || pin === undefined) return;
    const fault = analogFault(chip, pin);
    if (fault) attributes.error('out-of-range', 'pin', fault);
    else if (find(this.analogs, name)) {
      if (!again) attributes.error('duplicate-name', 'name', `there is a reader "${name}" before this`);
    } else this.attempt(attributes, 'pin', name, () => this.analogs.push({ name, io: new Analog({ pin }) }));
  }

  private addPin(chip: Chip, attributes: Attributes, name: string, element: JsonValue): void {
    const pin = attributes.pinIn(name, element);
    if (pin === undefined || this.pins.some((other) => other.pin === pin)) return;
    const fault = pinFault(chip, pin, false);
    if (fault) attributes.error('out-of-range', name, fault);
    else this.attempt(attributes, name, String(pin), () => this.pins.push(new GpioPin(chip, pin)));
  }

  private addInterrupt(chip: Chip, attributes: Attributes, again: boolean): void {
    const pin = attributes.requiredPin('pin');
    const name = attributes.string('name') ?? String(pin);
    attributes.finish();
    if (pin === undefined) return;
    const fault = pinFault(chip, pin, false);
    if (fault) attributes.error('out-of-range', 'pin', fault);
    else if (find(this.interrupts, name)) {
      if (!again) attributes.error('duplicate-name', 'name', `there is an interrupt "${name}" before this`);
    } else
      this.attempt(attributes, 'pin', name, () =>
        this.interrupts.push({ name, io: new EdgeCounter(chip, pin) }),
      );
  }

  private addBus(chip: Chip, attributes: Attributes): void {
    const name = attributes.requiredString('name');
    const bus = attributes.string('bus') ?? 'i2c0';
    const data = attributes.pin('data_pin');
    const clock = attributes.pin('clock_pin');
    const hz = attributes.number('baudrate_hz', { minimum: 1, maximum: 1_000_000, whole: true }) ?? 100_000;
    attributes.raw('timeout_ns');
    attributes.finish();
    const isDriven = isLine(chip, attributes, 'data_pin', data, usualData);
    const isClocked = isLine(chip, attributes, 'clock_pin', clock, usualClock);
    if (name === undefined) return;
    if (bus !== 'i2c0' && (bus !== 'i2c1' || chip.i2cBuses < 2))
      attributes.error('out-of-range', 'bus', chip.i2cBuses < 2 ? 'must be i2c0' : 'must be i2c0 or i2c1');
    else if (find(this.buses, name))
      attributes.error('duplicate-name', 'name', `there is a bus "${name}" before this`);
    else if (isDriven && isClocked)
      this.buses.push({
        name,
        io: { data: data ?? usualData, clock: clock ?? usualClock, hz, port: bus === 'i2c1' ? 1 : 0 },
      });
  }

  source(method: string, parameters: Readonly<Record<string, string>>): Source {
    if (method === 'Analogs') {
      const name = parameters.reader_name;
      return nativeSourceOf('integer', this.analog(name), this.analogRange(name));
    }
    if (method === 'Gpios') return nativeSourceOf('boolean', this.gpio(parameters.pin_name));
    return unsupported(method, 'board/esp32');
  }

  analog(name: string): Analog {
    return find(this.analogs, name) ?? this.missing('analog reader', name, this.analogs);
  }

  analogRange(name: string): ReadingRange {
    const analog = this.analog(name);
    const step = fullScaleVolts / (2 ** analog.resolution - 1);
    this.range ??= { min: 0, max: fullScaleVolts, step, unit: 'V' };
    return this.range;
  }

  gpio(pin: string): Readable<number> {
    return this.pin(pin);
  }

  setGpio(pin: string, high: boolean): void {
    this.pin(pin).write(high);
  }

  pwmDuty(pin: string): number {
    return this.pin(pin).duty;
  }

  setPwmDuty(pin: string, duty: number): void {
    this.pin(pin).setDuty(duty);
  }

  pwmFrequency(pin: string): number {
    return this.pin(pin).frequency;
  }

  setPwmFrequency(pin: string, hertz: number): void {
    this.pin(pin).setFrequency(hertz);
  }

  interruptCount(name: string): number {
    const counter = find(this.interrupts, name);
    return (counter ?? this.missing('digital interrupt', name, this.interrupts)).read();
  }

  i2c(name: string): I2CBus {
    return find(this.buses, name) ?? this.missing('I²C bus', name, this.buses);
  }

  close(): void {
    for (const { io } of this.analogs) io.close();
    for (const pin of this.pins) pin.close();
    for (const { io } of this.interrupts) io.close();
    this.analogs.length = 0;
    this.pins.length = 0;
    this.interrupts.length = 0;
  }

  private pin(name: string): GpioPin {
    const found = this.pins.find(({ pin }) => pin === Number(name));
    if (!found) this.checkOpened(name);
    if (!found || name === '')
      throw new Error(`pin "${name}" is not among the board's pins: ${listOf(this.pins, ({ pin }) => pin)}`);
    return found;
  }

  /** Opens hardware; a refusal becomes a problem at the attribute. */
  private attempt(attributes: Attributes, attribute: string, name: string, open: () => void): void {
    try {
      open();
    } catch (error) {
      attributes.error('build-failed', attribute, error instanceof Error ? error.message : String(error));
      if (this.unopened) this.unopened.push(name);
      else this.unopened = [name];
    }
  }

  private missing(what: string, name: string, list: readonly Named<unknown>[]): never {
    this.checkOpened(name);
    throw new Error(`no ${what} "${name}": ${listOf(list, (entry) => entry.name)}`);
  }

  /** @throws ResourceAbsent when it may come yet */
  private checkOpened(name: string): void {
    if (this.unopened?.includes(name)) throw new ResourceAbsent(`${name} could not be opened`);
  }
}

/**
 * Whether it can be driven, as both lines of a bus are; a fault becomes a problem at the attribute.
 * @param pin undefined: the one by default, which not every chip has free
 */
function isLine(
  chip: Chip,
  attributes: Attributes,
  name: string,
  pin: number | undefined,
  byDefault: number,
): boolean {
  const fault = pinFault(chip, pin ?? byDefault, true);
  if (fault === undefined) return true;
  if (pin === undefined) attributes.error('missing-attribute', name, `is required, as by default ${fault}`);
  else attributes.error('out-of-range', name, fault);
  return false;
}

function find<Io>(list: readonly Named<Io>[], name: string): Io | undefined {
  return list.find((entry) => entry.name === name)?.io;
}

function listOf<Entry>(list: readonly Entry[], nameOf: (entry: Entry) => string | number): string {
  return list.length > 0 ? `there is ${list.map(nameOf).join(', ')}` : 'none is configured';
}
