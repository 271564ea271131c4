/** Which streams are meant. */
import type { Door } from './door';
import type { StreamOptions } from './options';

/** As the door lists it. Times are wall milliseconds. */
export interface KnownStream {
  app_id: string;
  part: string;
  stream: string;
  tags: Record<string, string>;
  unit?: string;
  /** How many there are. */
  values: number;
  first: number;
  last: number;
}

export interface Chosen {
  streams: KnownStream[];
  /** How the door is asked for exactly these. */
  parameters: { part: string[]; stream?: string[]; app_id?: string };
  /** The door's clock, wall milliseconds. */
  now: number;
}

/** Streams that one question looks through. */
const mostStreams = 100_000;
/** That the door tells of in one answer. */
const mostAtOnce = 10_000;
/** Parts that are named to find names that are near. */
const mostParts = 200;

/**
 * Those of these names, or all; a name may be the end of a longer one, as `A1` of `my-esp32_A1`, when it is that of no
 * other.
 * @throws RefusedError with the nearest names for what there is not
 */
export async function chooseStreams(
  door: Door,
  names: readonly string[],
  { part: parts, appId }: StreamOptions,
  signal?: AbortSignal,
): Promise<Chosen> {
  const { streams: known, now } = await knownStreams(door, { part: parts, appId }, signal);
  const wanted = names.map((name) => wholeName(name, known));
  const isMissing =
    parts?.some((name) => known.every(({ part }) => part !== name)) ||
    wanted.some((name) => known.every(({ stream }) => stream !== name));
  const streams =
    names.length === 0 || isMissing ? known : known.filter(({ stream }) => wanted.includes(stream));
  const projects = [...new Set(streams.map(({ app_id }) => app_id))];
  const app_id = appId ?? (projects.length === 1 ? projects[0] : undefined);
  const parameters = {
    part: parts ?? [...new Set(streams.map(({ part }) => part))],
    ...(names.length > 0 && { stream: wanted }),
    ...(app_id !== undefined && { app_id }),
  };
  if (parameters.part.length === 0)
    throw new Error(`${door.address} has no values${appId === undefined ? '' : ` of ${appId}`} yet`);
  // Refused, with what is near: the door knows that best.
  if (isMissing)
    await door.ask(
      '/query',
      { ...parameters, part: parameters.part.slice(0, mostParts), limit: 1 },
      { signal },
    );
  return { streams, parameters, now };
}

/** All that the door has of these parts, or of all. */
export async function knownStreams(
  door: Door,
  { part: parts, appId }: StreamOptions,
  signal?: AbortSignal,
): Promise<{ streams: KnownStream[]; now: number }> {
  const all: KnownStream[] = [];
  const asked = { app_id: appId, ...(parts?.length === 1 && { part: parts[0] }), limit: mostAtOnce };
  let now: number;
  let isWhole: boolean;
  do {
    const answer = await door.ask('/streams', { ...asked, offset: all.length }, { signal });
    const page = JSON.parse(answer.text) as KnownStream[];
    all.push(...page);
    now = answer.now;
    isWhole = page.length < mostAtOnce;
  } while (!isWhole && all.length < mostStreams);
  return { streams: parts === undefined ? all : all.filter(({ part }) => parts.includes(part)), now };
}

function wholeName(name: string, known: readonly KnownStream[]): string {
  if (known.some(({ stream }) => stream === name)) return name;
  const longer = new Set(known.map(({ stream }) => stream).filter((stream) => stream.endsWith(`_${name}`)));
  return longer.size === 1 ? [...longer][0]! : name;
}
