/** Options that `query`, `export` and `tail` share. */
import { type Command, InvalidArgumentError, Option } from 'commander';

export const formats = ['csv', 'json', 'parquet', 'arrow'] as const;
export type Format = (typeof formats)[number];

export interface DoorOptions {
  /** URL of the cloud's HTTP door. */
  address?: string;
  /** Where a running program keeps its state. */
  directory?: string;
  key?: string;
  /** PEM file of the authority that signed the door's certificate. */
  authority?: string;
}

export interface StreamOptions {
  part?: string[];
  appId?: string;
}

export interface SpanOptions {
  /** Duration. */
  last?: string;
  from?: string;
  to?: string;
}

/** What is made of a stream's rows. */
export interface RowOptions {
  /** Duration. */
  every?: string;
  aggregate?: string;
  raw?: boolean;
}

export function addDoorOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--address <url>',
        "of the cloud's HTTP door (default: of what runs in the current folder, else http://127.0.0.1:8472)",
      ).conflicts('directory'),
    )
    .option('--directory <path>', 'where a running start, serve or cloud keeps its state, to find its door')
    .addOption(new Option('--key <key>', "a user's, where the cloud has users").env('SLUICE_CLOUD_KEY'))
    .option('--authority <file>', 'PEM of who signed the certificate of an https: door');
}

export function addStreamOptions(command: Command): Command {
  return command
    .option('--part <name>', 'of this part alone; may be repeated', addText)
    .option('--app-id <id>', 'of this project alone');
}

export function addSpanOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--last <duration>', 'up to now, such as 90s, 1h or 7d')
        .argParser(parseDuration)
        .conflicts('from'),
    )
    .option('--from <time>', 'ISO 8601, milliseconds since 1970, or -5m: so long ago (default: the first)')
    .option('--to <time>', 'the same; not included (default: behind the last)');
}

export function addRowOptions(command: Command): Command {
  return command
    .option('--every <duration>', 'aggregates of such spans instead of values', parseDuration)
    .option('--aggregate <names>', 'of count, min, max, mean, first, last (default: all)')
    .option('--raw', "a converter's counts instead of values in their unit");
}

export function formatOption(): Option {
  return new Option('--format <format>', 'of what is written').choices(formats);
}

/** Of an option that may be repeated. */
export function addText(text: string, before: string[] = []): string[] {
  return [...before, text];
}

function parseDuration(text: string): string {
  if (/^\d+(\.\d+)?(ms|s|m|h|d|w)$/.test(text)) return text;
  throw new InvalidArgumentError('must be a duration such as 500ms, 90s, 1h or 7d.');
}

/** As the door is asked. */
export function spanOf({ last, from, to }: SpanOptions): { from?: string; to?: string } {
  const begin = last === undefined ? from : `-${last}`;
  return { ...(begin !== undefined && { from: begin }), ...(to !== undefined && { to }) };
}
