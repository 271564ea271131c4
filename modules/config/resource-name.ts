/** APIs, models and names in the forms that configurations use for them. */

import type { Attributes } from './attributes';
import { lastingApi } from './methods';

/** `api`, or `namespace` and `type`; `type` may be the whole API. `family` is `component` or `service`. */
export function readApi(attributes: Attributes, family: 'component' | 'service'): string | undefined {
  const namespace = attributes.string('namespace') || 'rdk';
  const written = attributes.string('api') || attributes.string('type');
  attributes.raw('type');
  if (!written)
    return attributes.error(
      'missing-attribute',
      'type',
      'is required, or "api": what the resource is, as "board" or "rdk:component:board"',
    );
  return lastingApi(written.includes(':') ? written : `${namespace}:${family}:${written}`);
}

/** `rdk:builtin:esp32` and `esp32` are the same model. */
export function shortModel(model: string): string {
  return model.startsWith('rdk:builtin:') ? model.slice('rdk:builtin:'.length) : model;
}

/** `rdk:component:board/my-esp32` → api and name; a name alone has an empty api; `esp-home:my-esp32` loses the remote. */
export function splitResourceName(name: string): { api: string; remote: string; name: string } {
  const slash = name.indexOf('/');
  const api = slash < 0 ? '' : name.slice(0, slash);
  const rest = name.slice(slash + 1);
  const colon = rest.lastIndexOf(':');
  return { api, remote: colon < 0 ? '' : rest.slice(0, colon), name: rest.slice(colon + 1) };
}

/** Letters, digits, dashes and underscores, as Viam has it; 60 characters at most. */
export function isResourceName(text: string): boolean {
  if (text.length === 0 || text.length > 60) return false;
  for (const character of text) {
    const letter = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
    if (!letter && !(character >= '0' && character <= '9') && character !== '_' && character !== '-')
      return false;
  }
  return true;
}
