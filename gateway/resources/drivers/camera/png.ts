/** A PNG of RGB pixels (ISO/IEC 15948), compressed beside the event loop. */
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { crc32 } from '@sluice/common/checksum';

const compress = promisify(deflate);
const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** @param rgb three bytes a pixel, row by row */
export async function encodePng(width: number, height: number, rgb: Uint8Array): Promise<Uint8Array> {
  const head = new Uint8Array(13);
  const view = new DataView(head.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // Eight bits a channel, RGB.
  head.set([8, 2], 8);
  const stride = 3 * width;
  // Each row begins with its filter: none.
  const rows = new Uint8Array(height * (stride + 1));
  for (let row = 0; row < height; row++)
    rows.set(rgb.subarray(row * stride, (row + 1) * stride), row * (stride + 1) + 1);
  const chunks = [chunk('IHDR', head), chunk('IDAT', await compress(rows)), chunk('IEND', new Uint8Array(0))];
  return Buffer.concat([signature, ...chunks]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const bytes = new Uint8Array(body.length + 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(body, 4);
  view.setUint32(bytes.length - 4, crc32(body));
  return bytes;
}
