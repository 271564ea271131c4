/** The data manager as a resource that Viam's clients call. */
import { CallError } from '../../proto/call-error';
import type { Method } from '../resources/apis/api';
import type { Resource } from '../resources/resource';

/** The sync as its callers see it. */
export interface Syncing {
  /** Resolves when all that had come is settled, or could not be. */
  sync(): Promise<{ lastError?: string | undefined }>;
  state(): object;
  /** Readings by what became of them, for each destination. */
  account(): object;
}

export class DataManagerResource implements Resource {
  readonly name: string;
  readonly model = 'rdk:builtin:builtin';
  readonly #syncing: Syncing;

  /** @param name of the configuration: `data_manager-1` */
  constructor(name: string, syncing: Syncing) {
    this.name = `rdk:service:data_manager/${name}`;
    this.#syncing = syncing;
  }

  async call({ name }: Method, request: object): Promise<object> {
    switch (name) {
      case 'Sync': {
        const { lastError } = await this.#syncing.sync();
        if (lastError !== undefined) throw new CallError('failed', lastError);
        return {};
      }
      case 'GetStatus':
        return { result: { ...this.#syncing.state() } };
      case 'DoCommand':
        return { result: this.#do((request as { command: Record<string, unknown> }).command) };
      default:
        throw new CallError('unknown-method', `the data manager has no ${name}`);
    }
  }

  /** `{"command": "account"}` */
  #do({ command }: Record<string, unknown>): object {
    if (command === 'account') return { destinations: this.#syncing.account() };
    throw new CallError('wrong-argument', 'command must be "account"');
  }

  /** The sync is the gateway's. */
  close(): void {}
}
