/** What is called: a component or service, of this machine or of a remote. */
import type { CallContext, Method } from './apis/api';

export interface Resource {
  /** `rdk:component:board/my-esp32`; of a remote, `rdk:component:board/esp-home:my-esp32`. */
  readonly name: string;
  readonly model: string;
  /**
   * Calls a method of its API. The answer may come at once; whoever calls waits no longer than the context says.
   * @param request as the method's row has it, checked
   * @throws CallError unknown-method where the model does not have it; whatever a driver throws
   */
  call(method: Method, request: object, context: CallContext): unknown;
  /** Lets go of everything. Idempotent. */
  close(): void | Promise<void>;
}

/** `rdk:component:board/esp-home:my-esp32` → `rdk:component:board` */
export function apiOf(name: string): string {
  const slash = name.indexOf('/');
  return slash < 0 ? '' : name.slice(0, slash);
}

/** `rdk:component:board/esp-home:my-esp32` → `esp-home:my-esp32` */
export function nameOf(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}
