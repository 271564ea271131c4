/** A device at 100 Hz that sends to a running platform, and notices how long it is kept waiting. */
import { setTimeout as delay } from 'node:timers/promises';
import type { MqttClient } from 'mqtt';
import { messageAt, messageDevice, project } from './device-data';

/** Messages of a tick, and milliseconds between ticks: every tenth message goes through the broker. */
const perTick = 10;
const tick = 100;

/** A device that sends for as long as it is told to. */
export class Sender {
  sent = 0;
  /** Milliseconds that a request has taken at most. */
  slowest = 0;
  readonly #door: { readonly http: string };
  /** Another one, once its door is another. */
  client: MqttClient;
  readonly #start = Date.now() - 3_600_000;
  #published: Promise<unknown>[] = [];

  /** @param door to which nine of ten messages are posted @param client by which the tenth is published */
  constructor(door: { readonly http: string }, client: MqttClient) {
    this.#door = door;
    this.client = client;
  }

  /** @throws when the HTTP door does not take something */
  async send(seconds: number): Promise<void> {
    const end = Date.now() + seconds * 1_000;
    for (let next = Date.now(); next < end; next += tick) {
      await delay(Math.max(0, next - Date.now()));
      const lines = Array.from({ length: perTick }, () => messageAt(this.sent++, this.#start));
      const topic = `pipeline/${project}/${messageDevice.name}`;
      this.#published.push(this.client.publishAsync(topic, lines.pop()!, { qos: 1 }));
      await this.#post(lines);
    }
  }

  /** Resolves when the broker has everything that was published. */
  async published(): Promise<void> {
    await Promise.all(this.#published.splice(0));
  }

  async #post(lines: readonly string[]): Promise<void> {
    const begun = performance.now();
    const answer = await fetch(`${this.#door.http}/pipeline`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    this.slowest = Math.max(this.slowest, performance.now() - begun);
    const { stored } = (await answer.json()) as { stored?: number };
    if (!answer.ok || stored !== lines.length) throw new Error(`the HTTP door answers ${answer.status}`);
  }
}
