/** A resource of a part that is connected by the link: calls go to the part. */
import { schemaFault } from '@sluice/common/errors';
import { CallError } from '../../proto/call-error';
import type { CallContext, Method } from './apis/api';
import { apiOf, nameOf, type Resource } from './resource';

/** How a part is called: `LinkServer.call`. @throws CallError */
export type CallPart = (
  part: string,
  request: { resource: string; method: string; arguments: Record<string, unknown>; deadline: number },
) => Promise<unknown>;

export class LinkResource implements Resource {
  readonly name: string;
  readonly model = 'remote';
  readonly #part: string;
  readonly #local: string;
  readonly #call: CallPart;

  /**
   * @param remote what the main calls the part
   * @param local the resource's full name on the part
   */
  constructor(remote: string, part: string, local: string, call: CallPart) {
    this.name = `${apiOf(local)}/${remote}:${nameOf(local)}`;
    this.#part = part;
    this.#local = local;
    this.#call = call;
  }

  async call(method: Method, request: object, { deadline }: CallContext): Promise<unknown> {
    const answer = await this.#call(this.#part, {
      resource: this.#local,
      method: method.name,
      arguments: request as Record<string, unknown>,
      deadline,
    });
    const { data, error } = method.answer.safeParse(answer ?? {});
    if (error) throw new CallError('answer', `${this.name} ${method.name}: ${schemaFault(error.issues[0]!)}`);
    return data;
  }

  /** The part's resources are its own. */
  close(): void {}
}
