/** Timers, time, settings, digest, flash. */
import 'microseconds';
import flashStorage from 'embedded:storage/flash';
import { Digest } from 'crypt';
import config from 'mc/config';
import Preference from 'preference';
import Time from 'time';
import Timer from 'timer';
import { type Case, check, equal, pause, throws } from './harness';

const domain = 'contract';

function hexadecimal(buffer: ArrayBuffer): string {
  let text = '';
  for (const byte of new Uint8Array(buffer)) text += (byte + 256).toString(16).slice(1);
  return text;
}

const timers: Case[] = [
  {
    name: 'timer: a delay of 0 runs in a later turn',
    async run() {
      let ran = false;
      Timer.set(() => {
        ran = true;
      });
      check(!ran, 'ran at once');
      await pause(5);
      check(ran, 'did not run');
    },
  },
  {
    name: 'timer: a one-shot timer runs once, with itself as argument',
    async run() {
      let calls = 0;
      let argument: unknown;
      const timer = Timer.set((given) => {
        calls += 1;
        argument = given;
      }, 10);
      await pause(60);
      equal(calls, 1, 'calls');
      check(argument === timer, 'another argument');
    },
  },
  {
    name: 'timer: repeats do not drift',
    async run() {
      const start = Time.ticks;
      let calls = 0;
      let last = start;
      const timer = Timer.repeat(() => {
        calls += 1;
        last = Time.ticks;
        Timer.delay(3);
      }, 10);
      await pause(1_005);
      Timer.clear(timer);
      check(calls >= 99 && calls <= 101, `${calls} calls in 1,005 ms`);
      check(
        Math.abs(Time.delta(start, last) - calls * 10) <= 10,
        `the last came at ${Time.delta(start, last)} ms`,
      );
    },
  },
  {
    name: 'timer: after a stall the missed repeats come back to back',
    async run() {
      let calls = 0;
      const timer = Timer.repeat(() => {
        calls += 1;
      }, 20);
      await pause(30);
      const before = calls;
      Timer.delay(200);
      await pause(15);
      Timer.clear(timer);
      check(calls - before >= 9, `${calls - before} calls after a stall of 10 intervals`);
    },
  },
  {
    name: 'timer: schedule starts a repeating timer afresh, and without a delay puts it to rest',
    async run() {
      let calls = 0;
      const timer = Timer.repeat(() => {
        calls += 1;
      }, 1_000);
      Timer.schedule(timer, 10, 10);
      await pause(55);
      check(calls >= 4 && calls <= 6, `${calls} calls`);
      Timer.schedule(timer);
      const resting = calls;
      await pause(50);
      equal(calls, resting, 'calls at rest');
      Timer.clear(timer);
    },
  },
  {
    name: 'timer: a delay of 2³¹ ms is due at once: it is cut to 32 bits',
    async run() {
      let calls = 0;
      const timer = Timer.set(() => {
        calls += 1;
      }, 2 ** 31);
      await pause(30);
      Timer.clear(timer);
      equal(calls, 1, 'calls');
    },
  },
  {
    name: 'timer: one that has run is gone, also by an interval of 0 and when it has scheduled itself',
    async run() {
      let calls = 0;
      const never = Timer.repeat(() => {
        calls += 1;
      }, 0);
      const itself: Timer = Timer.set(() => {
        calls += 1;
        Timer.schedule(itself, 5);
      }, 5);
      await pause(60);
      equal(calls, 2, 'calls');
      for (const timer of [never, itself]) throws(() => Timer.schedule(timer, 5), 'schedule');
    },
  },
  {
    name: 'timer: what is due in one round runs in the order of making',
    async run() {
      let order = '';
      Timer.set(() => {
        order += 'a';
      }, 9);
      Timer.set(() => {
        order += 'b';
      }, 3);
      Timer.delay(20);
      await pause(10);
      equal(order, 'ab', 'order');
    },
  },
  {
    name: 'timer: clear stops, and what is no timer is ignored',
    async run() {
      let calls = 0;
      const timer = Timer.set(() => {
        calls += 1;
      }, 10);
      Timer.clear(timer);
      Timer.clear(timer);
      Timer.clear(undefined);
      Timer.clear(null);
      await pause(30);
      equal(calls, 0, 'calls');
    },
  },
];

const time: Case[] = [
  {
    name: 'time: ticks are whole milliseconds of 32 bits, and delta is right across their wrap',
    run() {
      equal(Time.ticks | 0, Time.ticks, 'ticks');
      equal(Time.delta(2_147_483_647, -2_147_483_648), 1, 'delta across the wrap');
      equal(Time.delta(10, 30), 20, 'delta');
    },
  },
  {
    name: 'time: microseconds go with the ticks',
    async run() {
      const [microseconds, ticks] = [Time.microseconds, Time.ticks];
      await pause(100);
      const difference = (Time.microseconds - microseconds) / 1000 - Time.delta(ticks);
      check(Math.abs(difference) <= 2, `${difference} ms apart`);
    },
  },
  {
    name: 'time: set moves the wall clock and leaves the ticks',
    run() {
      const before = Time.ticks;
      Time.set(1_900_000_000);
      check(Math.abs(Date.now() - 1_900_000_000_000) < 1_000, `Date.now() is ${Date.now()}`);
      check(Time.delta(before) < 1_000, 'the ticks have moved');
    },
  },
];

const rounding: Case = {
  name: 'time: set takes whole seconds and drops the rest',
  run() {
    Time.set(1_900_000_000.9);
    const past = Date.now() - 1_900_000_000_000;
    check(past >= 0 && past < 800, `${past} ms past the second`);
  },
};

const preferences: Case[] = [
  {
    name: 'preference: keeps booleans, whole numbers, strings and buffers, and knows their keys',
    run() {
      const values: Record<string, boolean | number | string> = {
        yes: true,
        number: -2_147_483_648,
        text: 'Größe',
      };
      for (const key of Object.keys(values)) Preference.set(domain, key, values[key]!);
      Preference.set(domain, 'buffer', Uint8Array.of(1, 0, 255).buffer);
      for (const key of Object.keys(values)) equal(Preference.get(domain, key), values[key], key);
      equal(hexadecimal(Preference.get(domain, 'buffer') as ArrayBuffer), '0100ff', 'buffer');
      equal(Preference.keys(domain).sort().join(), 'buffer,number,text,yes', 'keys');
    },
  },
  {
    name: 'preference: replaces, also by another type, and deletes',
    run() {
      Preference.set(domain, 'text', 12);
      equal(Preference.get(domain, 'text'), 12, 'replaced');
      for (const key of Preference.keys(domain)) Preference.delete(domain, key);
      equal(Preference.get(domain, 'text'), undefined, 'deleted');
      equal(Preference.keys(domain).length, 0, 'keys');
      Preference.delete(domain, 'never');
    },
  },
  {
    name: 'preference: refuses fractions, views, objects and names of more than 15 characters',
    run() {
      throws(() => Preference.set(domain, 'fraction', 1.5), 'a fraction');
      throws(() => Preference.set(domain, 'view', Uint8Array.of(1) as unknown as ArrayBuffer), 'a view');
      throws(() => Preference.set(domain, 'object', {} as unknown as string), 'an object');
      throws(() => Preference.set(domain, 'sixteen-letters-', 1), 'a long name');
    },
  },
];

const digest: Case[] = [
  {
    name: 'crypt: SHA-256 of the vectors of FIPS 180-4',
    run() {
      const vectors: [string, string][] = [
        ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
        ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
        [
          'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
          '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
        ],
      ];
      for (const [text, expected] of vectors) {
        const sha = new Digest('SHA256');
        sha.write(text);
        equal(hexadecimal(sha.close()), expected, `of '${text}'`);
      }
    },
  },
  {
    name: 'crypt: parts, views and reset give the same digest',
    run() {
      const sha = new Digest('SHA256');
      const bytes = new Uint8Array(300);
      for (let index = 0; index < bytes.length; index += 1) bytes[index] = index;
      const whole = hexadecimal(sha.process(bytes.buffer));
      sha.reset();
      for (let from = 0; from < 300; from += 7) sha.write(bytes.subarray(from, Math.min(300, from + 7)));
      equal(hexadecimal(sha.close()), whole, 'in parts');
      equal(sha.outputSize, 32, 'output size');
      equal(sha.blockSize, 64, 'block size');
    },
  },
];

const partition = config.partition as string;

const flash: Case[] = [
  {
    name: 'flash: an erased block reads 0xFF, and a write clears bits and sets none',
    run() {
      const storage = flashStorage.open({ path: partition });
      storage.eraseBlock(0);
      equal(hexadecimal(storage.read(4, 100)), 'ffffffff', 'erased');
      storage.write(Uint8Array.of(0xf0, 0x55, 0x00, 0xff), 100);
      storage.write(Uint8Array.of(0x3c, 0xff, 0xff, 0x0f), 100);
      const into = new Uint8Array(4);
      equal(storage.read(into, 100), 4, 'bytes read');
      equal(hexadecimal(into.buffer), '3055000f', 'written twice');
      storage.close();
    },
  },
  {
    name: 'flash: writes any length at any position; eraseBlock ends before its second block, and stays inside',
    run() {
      const storage = flashStorage.open({ path: partition });
      const { blockLength, blocks } = storage.status();
      storage.eraseBlock(0, 2);
      storage.write(Uint8Array.of(1, 2, 3), blockLength - 1);
      equal(hexadecimal(storage.read(5, blockLength - 2)), 'ff010203ff', 'across two blocks');
      storage.eraseBlock(0, 1);
      equal(hexadecimal(storage.read(5, blockLength - 2)), 'ffff0203ff', 'the second block is kept');
      throws(() => storage.eraseBlock(blocks - 1, blocks + 1), 'erasing outside');
      throws(() => storage.write(Uint8Array.of(0), blocks * blockLength), 'writing outside');
      storage.close();
    },
  },
  {
    name: 'flash: status gives size and blocks, and the partition is listed',
    run() {
      const storage = flashStorage.open({ path: partition });
      const { size, blockLength, blocks } = storage.status();
      equal(blockLength, 4_096, 'block length');
      equal(blocks * blockLength, size, 'size');
      check([...flashStorage].includes(partition), 'not listed');
      storage.close();
    },
  },
  {
    name: 'flash: refuses unknown partitions, writes in mode r, what lies outside, and use after close',
    run() {
      throws(() => flashStorage.open({ path: 'nowhere' }), 'unknown');
      const reader = flashStorage.open({ path: partition, mode: 'r' });
      throws(() => reader.write(Uint8Array.of(0), 0), 'write in mode r');
      throws(() => reader.eraseBlock(0), 'erase in mode r');
      throws(() => reader.read(4, reader.status().size), 'outside');
      reader.close();
      reader.close();
      throws(() => reader.status(), 'after close');
    },
  },
];

export default Object.freeze([...timers, ...time, rounding, ...preferences, ...digest, ...flash], true);
