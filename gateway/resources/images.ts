/** Files that a capture method gives: their types, extensions and length. */

/** Bytes of an image at most. */
export const largestImage = 32 << 20;

/** By MIME type, with their dot, as viam-server has them. */
const extensions: Readonly<Record<string, string>> = {
  'image/jpeg': '.jpeg',
  'image/png': '.png',
  'image/gif': '.gif',
  'image/webp': '.webp',
  'image/bmp': '.bmp',
  'image/tiff': '.tiff',
  'pointcloud/pcd': '.pcd',
};

/** `.dat` for a type that is not known. */
export function extensionOf(mimeType: string): string {
  return extensions[mimeType] ?? '.dat';
}

/** Undefined for an extension that is none of these. */
export function mimeTypeOf(extension: string): string | undefined {
  const written = extension.toLowerCase() === '.jpg' ? '.jpeg' : extension.toLowerCase();
  return Object.entries(extensions).find(([, each]) => each === written)?.[0];
}
