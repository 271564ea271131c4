/** Those who take news of alerts: a webhook, a broker. */
import { readFileSync } from 'node:fs';
import type { MqttClient } from 'mqtt';
import type { AlertNews } from './alert';
import type { Receiver } from './outlet';
import type { AlertSettings } from './settings';

/** `POST`s each as JSON. What is answered with 4xx is refused, but for 408, 425 and 429. */
export class Webhook implements Receiver {
  readonly name = 'the webhook';
  readonly #settings: NonNullable<AlertSettings['webhook']>;

  constructor(settings: NonNullable<AlertSettings['webhook']>) {
    this.#settings = settings;
  }

  async send(news: AlertNews, signal: AbortSignal): ReturnType<Receiver['send']> {
    const { url, authorization } = this.#settings;
    const response = await fetch(url, {
      method: 'POST',
      signal,
      redirect: 'error',
      headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
      body: JSON.stringify(news),
    });
    await response.body?.cancel();
    const { status } = response;
    if (response.ok) return 'taken';
    if (status >= 400 && status < 500 && ![408, 425, 429].includes(status))
      return { refused: `it answers ${status}` };
    throw new Error(`it answers ${status}`);
  }

  async close(): Promise<void> {}
}

/** Publishes each, retained, to `<topic>/<kind>/<subject>`: who comes later sees how it stands. */
export class Broker implements Receiver {
  readonly name = 'the broker';
  readonly #settings: NonNullable<AlertSettings['mqtt']>;
  #client: MqttClient | undefined;

  constructor(settings: NonNullable<AlertSettings['mqtt']>) {
    this.#settings = settings;
  }

  async send(news: AlertNews, signal: AbortSignal): ReturnType<Receiver['send']> {
    const client = await this.#connected();
    const topic = [this.#settings.topic, news.kind, levelOf(news.subject)].join('/');
    // Without an answer in time the connection is given up, and what is under way with it.
    const giveUp = () => client.end(true);
    signal.addEventListener('abort', giveUp);
    try {
      signal.throwIfAborted();
      await client.publishAsync(topic, JSON.stringify(news), { qos: 1, retain: true });
      return 'taken';
    } catch (error) {
      await client.endAsync(true);
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  async close(): Promise<void> {
    await this.#client?.endAsync();
  }

  async #connected(): Promise<MqttClient> {
    if (this.#client?.connected) return this.#client;
    await this.#client?.endAsync(true);
    // Loaded only where it is used.
    const { connectAsync } = await import('mqtt');
    const { url, username, password, authority } = this.#settings;
    this.#client = await connectAsync(url, {
      // The outlet tries again.
      reconnectPeriod: 0,
      connectTimeout: 8_000,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(authority !== undefined && { ca: readFileSync(authority) }),
    });
    // Told by the next delivery.
    this.#client.on('error', () => undefined);
    return this.#client;
  }
}

/** A level of a topic holds no separator, and no wildcard. */
function levelOf(subject: string): string {
  return subject.replace(/[+#/\0]/g, '_');
}
