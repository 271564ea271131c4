/** The gateway's knowledge of a part as the API shows it: session, declarations, status and accounts joined. */
import { bootText } from '../../modules/block/boot-text';
import type { CaptureFileMetadata } from '../../modules/block/file';
import type { CaptureDirectory } from '../capture-directory/capture-directory';
import type { PartState } from '../link/part-state';
import { streamKey } from './live';
import type { GatewayTally, LossView, PartView, StreamView } from './state';
import type { Answered, DeviceStatus } from './watch';

type Account = ReturnType<CaptureDirectory['account']>;

/** Remembers streams beyond their boots, so that losses keep their names. */
export class Views {
  readonly #directory: CaptureDirectory;
  readonly #keys = new Map<string, string>();

  constructor(directory: CaptureDirectory) {
    this.#directory = directory;
  }

  /** A part that is configured but was never seen. */
  unseen(name: string): PartView {
    return {
      name,
      connected: false,
      since: null,
      boot: '',
      chip: '',
      firmware: '',
      resetReason: '',
      clock: '',
      statusAt: null,
      uptime: 0,
      streams: [],
      losses: [],
      problems: [],
    };
  }

  /** @param answered the part's answer when it was last asked, which is mostly fresher than its last report */
  part(state: PartState, account: Account, answered: Answered | undefined): PartView {
    const boot = bootText(state.boot);
    const asked = answered?.boot === boot ? answered : undefined;
    const details = asked ? usable(asked.status) : parseDetails(state.details);
    const declared = [...this.#directory.streams(state.name, state.boot).values()];
    const streams = declared.map(({ metadata }) => {
      const key = streamKey(metadata);
      this.#keys.set(`${state.name} ${boot} ${metadata.stream}`, key);
      return streamView(key, metadata, state, details, account);
    });
    streams.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
    const { heap, uptime = 0 } = details;
    return {
      name: state.name,
      connected: state.connected,
      since: state.since,
      ...(state.asleepUntil === undefined ? {} : { asleepUntil: state.asleepUntil }),
      boot,
      chip: state.chip,
      firmware: state.firmware,
      resetReason: state.resetReason,
      clock: state.clock?.source ?? 'unknown',
      statusAt: state.statusAt || null,
      uptime,
      ...(heap?.used !== undefined && heap.size ? { heap: { used: heap.used, size: heap.size } } : {}),
      streams,
      losses: state.losses.map((loss) => this.#loss(state.name, loss)),
      ...(asked?.flash ? { flash: asked.flash } : {}),
      problems: [...(state.configuration?.problems ?? []), ...rivalry(state)],
    };
  }

  #loss(
    part: string,
    { boot, stream, cause, readings, atLeast, atMost, start, end }: PartState['losses'][number],
  ): LossView {
    const key = this.#keys.get(`${part} ${boot} ${stream}`) ?? `stream ${stream} of boot ${boot}`;
    return {
      stream: key,
      boot,
      cause,
      readings,
      start,
      end,
      lowerBound: atLeast,
      ...(atMost === undefined ? {} : { atMost }),
    };
  }
}

/** Several devices of one name. */
function rivalry({ name, devices }: PartState): PartView['problems'] {
  const message = devices.problem(name, Date.now());
  return message === undefined ? [] : [{ severity: 'error', code: 'duplicate-part', path: '', message }];
}

function orderOf({ resource, method, parameters, owner }: StreamView): string {
  return JSON.stringify([resource, method, parameters, owner]);
}

function streamView(
  key: string,
  metadata: CaptureFileMetadata,
  state: PartState,
  details: DeviceStatus,
  account: Account,
): StreamView {
  const { owner, resource, method, parameters, period, range, stream } = metadata;
  const ring = Array.isArray(details.streams)
    ? details.streams.find(({ number }) => number === stream)
    : undefined;
  const device = state.streams.get(stream);
  const gateway = account.find((totals) => streamKey(totals) === key);
  return {
    key,
    owner,
    resource,
    method,
    parameters,
    frequency: (1000 * period.denominator) / period.numerator,
    unit: range?.unit ?? '',
    ...(device ? { device } : {}),
    ...(ring?.quota ? { ring: { bytes: whole(ring.bytes), quota: whole(ring.quota) } } : {}),
    ...(gateway ? { gateway: tally(gateway) } : {}),
  };
}

const fates = [
  'captured',
  'acknowledged',
  'overwritten',
  'discarded',
  'stored',
  'missed',
  'late',
  'failed',
  'refused',
] as const;

/** A part's answer is as good as a status it sends by itself, so that its figures are of one moment. */
export function takeAnswer(state: PartState, { at, status }: Answered): void {
  const { streams: told } = usable(status);
  if (!told) return;
  const streams = told.map((stream) => ({
    stream: whole(stream.number),
    ...Object.fromEntries(fates.map((fate) => [fate, whole(stream[fate])])),
  }));
  state.onStatus({ streams, details: state.details, ledger: false }, at);
}

function whole(value: unknown): number {
  return typeof value === 'number' && value >= 0 ? Math.floor(value) : 0;
}

function tally(totals: Account[number]): GatewayTally {
  const { received, uploaded, setAside, deleted, stored } = totals;
  return {
    received: received.readings,
    uploaded: uploaded.readings,
    setAside: setAside.readings,
    deleted: deleted.readings,
    stored: stored.readings,
  };
}

/** The text is a part's: whatever it is, it must not disturb the page. */
function parseDetails(text: string): DeviceStatus {
  try {
    return usable(JSON.parse(text || '{}'));
  } catch {
    return {};
  }
}

/** What of a part's JSON has the shape it should have. */
function usable(details: unknown): DeviceStatus {
  if (!isObject(details)) return {};
  const { uptime, heap, streams } = details;
  return {
    ...(typeof uptime === 'number' ? { uptime } : {}),
    ...(isObject(heap) ? { heap: { used: whole(heap.used), size: whole(heap.size) } } : {}),
    ...(Array.isArray(streams)
      ? { streams: streams.filter(isObject) as NonNullable<DeviceStatus['streams']> }
      : {}),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
