/** The methods of a camera that has one image at a time, in the type that it comes in. */
import type { CallContext, Handlers } from '../../apis/api';
import type { camera } from '../../apis/vision';

export interface Image {
  bytes: Uint8Array;
  mimeType: string;
}

/** @param read the image as it is now @throws whatever keeps it from being read */
export function oneImage(
  mimeTypes: string[],
  read: (signal: AbortSignal) => Promise<Image>,
): Handlers<typeof camera> {
  return {
    GetImages: async (_request, { signal }: CallContext) => {
      const { bytes, mimeType } = await read(signal);
      return { images: [{ source_name: '', mime_type: mimeType, image: bytes }], captured_at: Date.now() };
    },
    GetImage: async (_request, { signal }: CallContext) => {
      const { bytes, mimeType } = await read(signal);
      return { mime_type: mimeType, image: bytes };
    },
    GetProperties: () => ({ supports_pcd: false, mime_types: mimeTypes }),
  };
}
