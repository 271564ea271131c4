/** JPEG images out of a stream of them. What nobody waits for is let go: the next frame is always a fresh one. */
import { largestImage } from '../../images';

const marker = 0xff;
const startOfImage = 0xd8;
const endOfImage = 0xd9;

interface Waiter {
  resolve(frame: Uint8Array): void;
  reject(error: Error): void;
}

export class JpegFrames {
  #pieces: Buffer[] = [];
  #length = 0;
  /** The last byte of the piece before: a marker may be cut in two. */
  #before = 0;
  #isInside = false;
  readonly #waiters = new Set<Waiter>();
  #ended: Error | undefined;

  /** The next frame that is whole. */
  next(signal: AbortSignal): Promise<Uint8Array> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise<Uint8Array>((resolve, reject) => {
      const waiter = { resolve, reject };
      const aborted = () => {
        this.#waiters.delete(waiter);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', aborted, { once: true });
      waiter.resolve = (frame) => {
        signal.removeEventListener('abort', aborted);
        resolve(frame);
      };
      waiter.reject = (error) => {
        signal.removeEventListener('abort', aborted);
        reject(error);
      };
      this.#waiters.add(waiter);
    });
  }

  add(bytes: Buffer): void {
    let from = 0;
    for (let at = 0; at < bytes.length; at++) {
      const isMarked = this.#before === marker;
      this.#before = bytes[at]!;
      if (!isMarked) continue;
      if (!this.#isInside && bytes[at] === startOfImage) {
        this.#isInside = true;
        this.#pieces = [Buffer.of(marker)];
        this.#length = 1;
        from = at;
      } else if (this.#isInside && bytes[at] === endOfImage) {
        this.#keep(bytes.subarray(from, at + 1));
        this.#isInside = false;
        this.#tell();
      }
    }
    if (this.#isInside) this.#keep(bytes.subarray(from));
  }

  /** There will be no more. */
  end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiters) reject(this.#ended);
    this.#waiters.clear();
    this.#pieces = [];
  }

  #keep(bytes: Buffer): void {
    this.#length += bytes.length;
    this.#pieces.push(bytes);
    if (this.#length <= largestImage) return;
    // No image is so long: what follows is looked through for the next.
    this.#isInside = false;
    this.#pieces = [];
  }

  #tell(): void {
    const frame = Buffer.concat(this.#pieces);
    this.#pieces = [];
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const { resolve } of waiters) resolve(frame);
  }
}
