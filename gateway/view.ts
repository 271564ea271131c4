/** The gateway's knowledge of a part as the API shows it: session, declarations, status and accounts joined. */
import type { CaptureFileMetadata } from '../modules/block/file';
import type { FlashView, GatewayTally, LossView, PartView, StreamView } from './api/state';
import type { CaptureDirectory } from './capture-directory/capture-directory';
import type { PartState } from './link/part-state';
import { streamKey } from './live';

/** What the device tells of itself in `Status.details` and is shown here; anything may be absent. */
interface Details {
  uptime?: number;
  heap?: { used?: number; size?: number };
  streams?: Record<string, { bytes?: number; quota?: number }>;
  flash?: { wear?: number[]; epochs?: number[]; sectorBytes?: number };
}

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

  part(state: PartState, account: Account): PartView {
    const details = parseDetails(state.details);
    const boot = bootText(state.boot);
    const streams = [...this.#directory.streams(state.name, state.boot).values()].map(({ metadata }) => {
      const key = streamKey(metadata);
      this.#keys.set(`${state.name} ${boot} ${metadata.stream}`, key);
      return streamView(key, metadata, state, details, account);
    });
    const { heap, uptime = 0 } = details;
    return {
      name: state.name,
      connected: state.connected,
      since: state.since,
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
      ...flashOf(details),
      problems: state.configuration?.problems ?? [],
    };
  }

  #loss(
    part: string,
    { boot, stream, cause, readings, atLeast, start, end }: PartState['losses'][number],
  ): LossView {
    const key = this.#keys.get(`${part} ${boot} ${stream}`) ?? `stream ${stream} of boot ${boot}`;
    return { stream: key, boot, cause, readings, start, end, lowerBound: atLeast };
  }
}

function streamView(
  key: string,
  metadata: CaptureFileMetadata,
  state: PartState,
  details: Details,
  account: Account,
): StreamView {
  const { owner, resource, method, parameters, period, range, stream } = metadata;
  const ring = details.streams?.[stream];
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
    ...(ring?.quota ? { ring: { bytes: ring.bytes ?? 0, quota: ring.quota } } : {}),
    ...(gateway ? { gateway: tally(gateway) } : {}),
  };
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

function flashOf({ flash }: Details): { flash?: FlashView } {
  if (!Array.isArray(flash?.wear) || !Array.isArray(flash.epochs)) return {};
  return { flash: { wear: flash.wear, epochs: flash.epochs, sectorBytes: flash.sectorBytes ?? 4096 } };
}

/** The text is a part's: whatever it is, it must not disturb the page. */
function parseDetails(text: string): Details {
  try {
    const details: unknown = JSON.parse(text || '{}');
    return typeof details === 'object' && details !== null ? (details as Details) : {};
  } catch {
    return {};
  }
}

function bootText(boot: { counter: number; random: number }): string {
  return `${boot.counter}-${boot.random.toString(16).padStart(8, '0')}`;
}
