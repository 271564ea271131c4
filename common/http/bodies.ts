/**
 * Bodies of requests, read whole. What holds: all of one server's together take a bounded memory, from their first byte
 * until they are answered; one that holds more than its share when that is used up is refused, and small ones never are.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SluiceError } from '../errors';

export interface BodiesOptions {
  /** Bytes of all bodies, above which one that holds more than its share is refused. */
  most: number;
  share: number;
}

export class Bodies {
  readonly #options: BodiesOptions;
  #bytes = 0;

  constructor(options: BodiesOptions) {
    this.#options = options;
  }

  /** Bytes that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Never settles when the request is broken off.
   * @param limit bytes of this one
   * @throws SluiceError http-congested; an error with `statusCode` 413 or 400
   */
  read(request: IncomingMessage, response: ServerResponse, limit: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let pieces: Buffer[] = [];
      let held = 0;
      const letGo = () => {
        this.#bytes -= held;
        held = 0;
        pieces = [];
      };
      const refuse = (error: Error) => {
        request.off('data', take).off('end', end);
        letGo();
        // The rest of it is read and forgotten: who sends it gets an answer.
        request.resume();
        reject(error);
      };
      const take = (piece: Buffer) => {
        pieces.push(piece);
        held += piece.length;
        this.#bytes += piece.length;
        const { most, share } = this.#options;
        if (held > limit) refuse(tooLarge());
        else if (held > share && this.#bytes > most)
          refuse(new SluiceError('http-congested', 'bodies of requests hold all the memory that they may'));
      };
      const end = () => resolve(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, held));
      if (Number(request.headers['content-length']) > limit) return refuse(tooLarge());
      response.on('close', letGo);
      request.on('error', (error) => reject(Object.assign(error, { statusCode: 400 })));
      request.on('data', take).on('end', end);
    });
  }
}

function tooLarge(): Error {
  return Object.assign(new Error('Request body is too large'), { statusCode: 413 });
}
