/** Hands capture files to the cloud's block door as they are, and says what its answer means for the file. */

/** `later`: try again, and `ofFile` when it may be this file alone that fails; `refused`: never will it be taken; `partly`: durable but for the blocks named. */
export type UploadResult =
  | { result: 'durable'; readings: number }
  | { result: 'partly'; readings: number; reason: string }
  | { result: 'refused'; reason: string }
  | { result: 'later'; reason: string; ofFile?: boolean };

/** @param of the file that `bytes` are of */
export type Upload<File> = (bytes: Uint8Array, signal: AbortSignal, of: File) => Promise<UploadResult>;

export interface BlockDoor {
  /** `http://127.0.0.1:8080` */
  address: string;
  appId: string;
  /** The main part's name. */
  main: string;
  key?: string;
}

interface Answer {
  readings: number;
  refused: { block: string; reason: string }[];
}

/**
 * An answer that takes longer is given up, in milliseconds; the file is then uploaded again, and what was stored of
 * it is not stored twice. A file of a quiet pin opens to millions of readings.
 */
const deadline = 300_000;
const refusals = new Set([400, 413, 415, 422]);

/** @param remote what the main calls the part whose file it is; its own name if left out */
export function uploadTo<File>(
  { address, appId, main, key }: BlockDoor,
  remote: (of: File) => string | undefined = () => undefined,
): Upload<File> {
  const path = ['blocks', appId, main].map(encodeURIComponent).join('/');
  const url = new URL(path, address.endsWith('/') ? address : `${address}/`).href;
  const headers = {
    'content-type': 'application/octet-stream',
    ...(key ? { authorization: `Bearer ${key}` } : {}),
  };
  return async (bytes, signal, of) => {
    const name = remote(of);
    const query = name === undefined ? '' : `?${new URLSearchParams({ remote: name })}`;
    try {
      const response = await fetch(url + query, {
        method: 'POST',
        headers,
        body: new Uint8Array(bytes),
        signal: AbortSignal.any([signal, AbortSignal.timeout(deadline)]),
      });
      if (response.ok) return understood((await response.json()) as Answer);
      const reason = `the cloud answered ${response.status}: ${(await response.text()).slice(0, 200)}`;
      if (refusals.has(response.status)) return { result: 'refused', reason };
      return { result: 'later', reason, ofFile: response.status === 500 };
    } catch (error) {
      const { message, cause } = error as Error & { cause?: Error };
      return { result: 'later', reason: `the cloud is not reached: ${cause?.message || message}` };
    }
  };
}

function understood({ readings, refused }: Answer): UploadResult {
  if (refused.length === 0) return { result: 'durable', readings };
  const reason = refused.map((refusal) => `${refusal.block}: ${refusal.reason}`).join('\n');
  return { result: 'partly', readings, reason };
}
