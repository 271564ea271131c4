/** Values of options that several commands take. */
import { InvalidArgumentError } from 'commander';

/** Bytes of `1MB`, `512KB`. */
export function parseSize(text: string): number {
  const match = /^(\d+)\s*(K|M)i?B?$/i.exec(text);
  if (!match) throw new InvalidArgumentError('is a size such as 1MB or 512KB.');
  const bytes = Number(match[1]) << (match[2]!.toUpperCase() === 'K' ? 10 : 20);
  if (bytes >= 64 << 10 && bytes <= 16 << 20) return bytes;
  throw new InvalidArgumentError('is from 64KB to 16MB.');
}
