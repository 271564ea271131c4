/** InfluxDB 1.x: a database a project, made with the platform's retention. */
import { type InfluxServer, reasonIn, retentionDays, timeout, verdict } from './server';

export interface InfluxV1Options {
  version: 1;
  url: string;
  username?: string | undefined;
  password?: string | undefined;
}

export class InfluxV1 implements InfluxServer {
  readonly #options: InfluxV1Options;

  constructor(options: InfluxV1Options) {
    this.#options = options;
  }

  async write(database: string, lines: string): Promise<string | undefined> {
    const response = await this.#post('write', { db: database, precision: 'ms' }, lines);
    if (response.status !== 404) return verdict(response);
    await response.body?.cancel();
    await this.#make(database);
    return verdict(await this.#post('write', { db: database, precision: 'ms' }, lines));
  }

  async #make(database: string): Promise<void> {
    const name = `"${database.replace(/[\\"]/g, '\\$&')}"`;
    const q = `CREATE DATABASE ${name} WITH DURATION ${retentionDays}d`;
    const response = await this.#post('query', { q }, '');
    const text = await response.text();
    if (!response.ok) throw new Error(`InfluxDB makes no database ${database}: ${reasonIn(text)}`);
  }

  #post(path: string, search: Record<string, string>, body: string): Promise<Response> {
    const { url, username, password = '' } = this.#options;
    const address = new URL(path, url.endsWith('/') ? url : `${url}/`);
    address.search = new URLSearchParams(search).toString();
    const shown = Buffer.from(`${username}:${password}`).toString('base64');
    const headers: Record<string, string> = username === undefined ? {} : { authorization: `Basic ${shown}` };
    return fetch(address, { method: 'POST', headers, body, signal: AbortSignal.timeout(timeout) });
  }
}
