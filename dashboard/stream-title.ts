/** How people call a stream. */
import type { StreamView } from '@sluice/gateway/page-api/state';

/** `my-esp32 A1` */
export function titleOf({
  resource,
  parameters,
  method,
}: Pick<StreamView, 'resource' | 'parameters' | 'method'>): string {
  const name = resource.slice(resource.indexOf('/') + 1);
  const detail = parameters.reader_name ?? (parameters.pin_name ? `pin ${parameters.pin_name}` : '');
  return `${name} ${detail || (method === 'Readings' ? '' : method)}`.trim();
}
