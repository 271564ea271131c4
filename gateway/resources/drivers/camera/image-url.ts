/** `camera`/`image_url`: the image at an address, as it is at each read. */
import { z } from 'zod';
import { camera } from '../../apis/vision';
import { defineDriver } from '../../driver';
import { largestImage } from '../../images';
import { oneImage } from './one-image';

export default defineDriver({
  api: camera,
  model: 'image_url',
  doc: 'Gives the image at an address, fetched at each read.',
  attributes: z.object({
    url: z.url({ protocol: /^https?$/ }).describe('`http:` or `https:`.'),
  }),
  open({ attributes: { url } }) {
    return {
      methods: oneImage([], async (signal) => {
        const response = await fetch(url, { signal });
        if (!response.ok) throw new Error(`${url} answered ${response.status}`);
        const mimeType = (response.headers.get('content-type') ?? '').split(';')[0]!.trim();
        if (!mimeType.startsWith('image/')) throw new Error(`${url} gave ${mimeType || 'nothing'}, no image`);
        return { bytes: await bodyOf(response, url), mimeType };
      }),
    };
  },
});

async function bodyOf({ body }: Response, url: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += piece.length;
    if (length > largestImage) throw new Error(`${url} has more than ${largestImage} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
