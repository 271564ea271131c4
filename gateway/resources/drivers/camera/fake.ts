/** `camera`/`fake`: a picture of colours, and a cone of points. */
import { encode } from 'jpeg-js';
import { z } from 'zod';
import { CallError } from '../../../../proto/call-error';
import { camera } from '../../apis/vision';
import { defineDriver } from '../../driver';
import { encodePng } from './png';

const quality = 75;
const points = 360;

export default defineDriver({
  api: camera,
  model: 'fake',
  doc: 'A camera without hardware: always the same picture of colours, as JPEG or PNG, and the same cone of points.',
  attributes: z.object({
    width: z.int().min(2).max(4096).default(320).describe('Pixels.'),
    height: z.int().min(2).max(4096).default(240).describe('Pixels.'),
  }),
  open({ attributes: { width, height } }) {
    const made = new Map<string, Promise<Uint8Array>>();
    const picture = (type: string) => {
      // `+lazy` is a hint of Viam's that the image may stay encoded.
      const mimeType = type.replace(/\+lazy$/, '') || 'image/jpeg';
      let image = made.get(mimeType);
      if (!image) {
        if (mimeType !== 'image/jpeg' && mimeType !== 'image/png')
          throw new CallError(
            'wrong-argument',
            `this camera gives image/jpeg and image/png, not ${mimeType}`,
          );
        image = mimeType === 'image/png' ? png(width, height) : jpeg(width, height);
        made.set(mimeType, image);
      }
      return image.then((bytes) => ({ mime_type: mimeType, image: bytes }));
    };
    return {
      methods: {
        GetImages: async ({ filter_source_names: wanted }) => {
          if (wanted.length > 0 && !wanted.includes('color')) return { images: [] };
          return { images: [{ ...(await picture('')), source_name: 'color' }], captured_at: Date.now() };
        },
        GetImage: ({ mime_type }) => picture(mime_type),
        GetPointCloud: () => ({ mime_type: 'pointcloud/pcd', point_cloud: cone() }),
        GetProperties: () => ({ supports_pcd: true, mime_types: ['image/jpeg', 'image/png'] }),
      },
    };
  },
});

/** Red from left to right, green from top to bottom. */
function colours(width: number, height: number, channels: 3 | 4): Uint8Array {
  const pixels = new Uint8Array(channels * width * height).fill(255);
  for (let at = 0, row = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at += channels) {
      pixels[at] = (255 * column) / (width - 1);
      pixels[at + 1] = (255 * row) / (height - 1);
      pixels[at + 2] = 128;
    }
  }
  return pixels;
}

function png(width: number, height: number): Promise<Uint8Array> {
  return encodePng(width, height, colours(width, height, 3));
}

async function jpeg(width: number, height: number): Promise<Uint8Array> {
  return encode({ width, height, data: colours(width, height, 4) }, quality).data;
}

/** In the form of the Point Cloud Library, version 0.7, metres. */
function cone(): Uint8Array {
  const head = [
    'VERSION .7',
    'FIELDS x y z',
    'SIZE 4 4 4',
    'TYPE F F F',
    'COUNT 1 1 1',
    `WIDTH ${points}`,
    'HEIGHT 1',
    'VIEWPOINT 0 0 0 1 0 0 0',
    `POINTS ${points}`,
    'DATA binary\n',
  ].join('\n');
  const places = new DataView(new ArrayBuffer(12 * points));
  for (let point = 0; point < points; point++) {
    const angle = (2 * Math.PI * point) / points;
    const height = point / points;
    places.setFloat32(12 * point, height * Math.cos(angle), true);
    places.setFloat32(12 * point + 4, height * Math.sin(angle), true);
    places.setFloat32(12 * point + 8, height, true);
  }
  return Buffer.concat([Buffer.from(head, 'latin1'), new Uint8Array(places.buffer)]);
}
