import type WiFi from 'embedded:network/interface/wifi';
import { describe, expect, test } from 'vitest';
import { VirtualTimer } from '../capture/virtual-timer.node';
import { Log } from './log';
import { Network } from './network';

/** A radio among access points that come and go, with the rules of the SDK's class. */
class Radio {
  connection: 200 | 300 | 400 | 500 = 200;
  address: string | undefined;
  SSID: string | undefined;
  attempts: { time: number; ssid: string }[] = [];
  /** What is heard: SSID to password; null: it never answers. */
  air = new Map<string, string | undefined | null>();
  closed = false;
  #onChanged: (property: 'connection') => void = () => {};
  #joining: ReturnType<VirtualTimer['set']> | undefined;
  readonly #timer: VirtualTimer;

  constructor(timer: VirtualTimer) {
    this.#timer = timer;
  }

  listen(onChanged: (property: 'connection') => void): void {
    this.#onChanged = onChanged;
  }

  configure(): void {}
  disconnect(): void {
    if (this.#joining) this.#timer.clear(this.#joining);
    this.connection = 200;
    this.address = undefined;
  }
  connect({ SSID, password }: { SSID: string; password?: string }): void {
    if (this.connection === 300) throw new Error('already connecting');
    this.attempts.push({ time: this.#timer.now(), ssid: SSID });
    this.connection = 300;
    const answer = this.air.get(SSID);
    if (answer === null) return;
    this.#joining = this.#timer.set(() => {
      const right = this.air.has(SSID) && answer === password;
      this.connection = right ? 500 : 200;
      this.address = right ? '10.0.0.2' : undefined;
      this.SSID = right ? SSID : undefined;
      this.#onChanged('connection');
    }, 500);
  }
  lose(): void {
    this.connection = 200;
    this.address = undefined;
    this.#onChanged('connection');
  }
  close(): void {
    this.closed = true;
  }
}

function bench(networks: { ssid: string; password?: string }[]) {
  const timer = new VirtualTimer();
  const radio = new Radio(timer);
  const lines: string[] = [];
  const changes: [number, boolean][] = [];
  const network = new Network({
    wifi: class {
      constructor(options: { onChanged(property: 'connection'): void }) {
        radio.listen(options.onChanged);
        // biome-ignore lint/correctness/noConstructorReturn: the radio stands for the SDK's only instance.
        return radio;
      }
    } as unknown as new (
      options: object,
    ) => WiFi,
    timer,
    clock: timer,
    random: () => 0.5,
    networks,
    hostname: 'part',
    log: new Log(timer, (text) => lines.push(text)),
  });
  network.listener = { networkChanged: (up) => changes.push([timer.now(), up]) };
  return { timer, radio, network, lines, changes };
}

describe('the network', () => {
  test('joins the preferred network that answers', () => {
    const { timer, radio, network } = bench([{ ssid: 'away' }, { ssid: 'home', password: 'pass-word' }]);
    radio.air.set('home', 'pass-word');
    network.start();
    timer.run(5_000);
    expect(network.up).toBe(true);
    expect(network.ssid).toBe('home');
  });

  test('goes on from a network that never answers after 20 s', () => {
    const { timer, radio, network, changes } = bench([{ ssid: 'mute' }, { ssid: 'home' }]);
    radio.air.set('mute', null);
    radio.air.set('home', undefined);
    network.start();
    timer.run(30_000);
    expect(changes).toEqual([[20_600, true]]);
  });

  test('never gives up: a round each five seconds, after ten minutes each thirty, and says when', () => {
    const { timer, radio, network } = bench([{ ssid: 'home' }]);
    network.start();
    timer.run(24 * 3_600_000);
    const begins = radio.attempts.map(({ time }) => time);
    const pauses = begins.slice(1).map((time, index) => ({ time, pause: time - begins[index]! }));
    const early = pauses.filter(({ time }) => time < 600_000).map(({ pause }) => pause);
    const later = pauses.filter(({ time }) => time > 640_000).map(({ pause }) => pause);
    expect(Math.max(...early)).toBeLessThanOrEqual(5_000);
    expect(Math.min(...early)).toBeGreaterThanOrEqual(3_500);
    expect(Math.max(...later)).toBeLessThanOrEqual(30_000);
    expect(Math.min(...later)).toBeGreaterThanOrEqual(20_000);
    timer.run(begins.at(-1)! + 1_000);
    const { next } = network;
    radio.air.set('home', undefined);
    timer.run(next! - 1);
    expect(network.up).toBe(false);
    timer.run(next! + 1_000);
    expect(network.up).toBe(true);
  });

  test('begins afresh after each loss', () => {
    const { timer, radio, network } = bench([{ ssid: 'home' }]);
    network.start();
    timer.run(2 * 3_600_000);
    radio.air.set('home', undefined);
    timer.run(timer.now() + 31_000);
    expect(network.up).toBe(true);
    radio.air.delete('home');
    radio.lose();
    const attempts = radio.attempts.length;
    timer.run(timer.now() + 50_000);
    expect(radio.attempts.length - attempts).toBeGreaterThanOrEqual(10);
  });

  test('tries a lost network again at once, and tells of the loss and the return', () => {
    const { timer, radio, network, changes } = bench([{ ssid: 'home' }]);
    radio.air.set('home', undefined);
    network.start();
    timer.run(10_000);
    radio.lose();
    timer.run(20_000);
    expect(changes).toEqual([
      [500, true],
      [10_000, false],
      [10_500, true],
    ]);
    expect([network.connections, network.losses]).toEqual([2, 1]);
  });

  test('says plainly that no network is set, and never a password', () => {
    const none = bench([]);
    none.network.start();
    expect(none.lines).toEqual(['warning: no WiFi network is set: readings stay on the device\n']);
    const wrong = bench([{ ssid: 'home', password: 'top-secret' }]);
    wrong.radio.air.set('home', 'other');
    wrong.network.start();
    wrong.timer.run(100_000);
    expect(wrong.lines.join('')).toContain('WiFi home: refused');
    expect(wrong.lines.join('')).not.toContain('top-secret');
  });

  test('is silent once it is closed', () => {
    const { timer, radio, network } = bench([{ ssid: 'home' }]);
    network.start();
    timer.run(1_000);
    network.close();
    const attempts = radio.attempts.length;
    timer.run(1_000_000);
    expect(radio.attempts.length).toBe(attempts);
    expect(radio.closed).toBe(true);
  });
});
