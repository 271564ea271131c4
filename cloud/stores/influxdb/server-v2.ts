/** InfluxDB 2.x: a bucket a project, made with the platform's retention. Tried against a stand-in of its documented API. */
import { type InfluxServer, reasonIn, retentionDays, timeout, verdict } from './server';

export interface InfluxV2Options {
  version: 2;
  url: string;
  organization: string;
  token: string;
}

export class InfluxV2 implements InfluxServer {
  readonly #options: InfluxV2Options;

  constructor(options: InfluxV2Options) {
    this.#options = options;
  }

  async write(database: string, lines: string): Promise<string | undefined> {
    const response = await this.#write(database, lines);
    if (response.status !== 404) return verdict(response);
    await response.body?.cancel();
    await this.#make(database);
    return verdict(await this.#write(database, lines));
  }

  #write(bucket: string, lines: string): Promise<Response> {
    const { organization: org } = this.#options;
    return this.#ask('POST', 'api/v2/write', { org, bucket, precision: 'ms' }, lines);
  }

  async #make(bucket: string): Promise<void> {
    const { organization: org } = this.#options;
    const found = await this.#ask('GET', 'api/v2/orgs', { org });
    const text = await found.text();
    if (!found.ok) throw new Error(`InfluxDB knows no organization ${org}: ${reasonIn(text)}`);
    const [organization] = (JSON.parse(text) as { orgs: { id: string }[] }).orgs;
    if (organization === undefined) throw new Error(`InfluxDB knows no organization ${org}`);
    const everySeconds = retentionDays * 86_400;
    const body = { orgID: organization.id, name: bucket, retentionRules: [{ type: 'expire', everySeconds }] };
    const made = await this.#ask('POST', 'api/v2/buckets', {}, JSON.stringify(body));
    // 422: another process was faster.
    const reason = reasonIn(await made.text());
    if (!made.ok && made.status !== 422) throw new Error(`InfluxDB makes no bucket ${bucket}: ${reason}`);
  }

  #ask(method: string, path: string, search: Record<string, string>, body?: string): Promise<Response> {
    const { url, token } = this.#options;
    const address = new URL(path, url.endsWith('/') ? url : `${url}/`);
    address.search = new URLSearchParams(search).toString();
    const headers = { authorization: `Token ${token}` };
    const signal = AbortSignal.timeout(timeout);
    return fetch(address, { method, headers, ...(body !== undefined && { body }), signal });
  }
}
