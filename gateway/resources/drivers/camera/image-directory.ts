/** `camera`/`image_directory`: the images of a directory, one after the other. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { z } from 'zod';
import { camera } from '../../apis/vision';
import { defineDriver } from '../../driver';
import { largestImage, mimeTypeOf } from '../../images';
import { oneImage } from './one-image';

export default defineDriver({
  api: camera,
  model: 'image_directory',
  doc: 'Gives the images of a directory one after the other, in the order of their names, and begins again at the end. Images that come later are taken, too.',
  attributes: z.object({
    directory: z.string().min(1).describe('Its path.'),
  }),
  open({ attributes: { directory } }) {
    let last = '';
    return {
      methods: oneImage([], async (signal) => {
        const names = (await readdir(directory)).filter((name) => mimeTypeOf(extname(name)) !== undefined);
        if (names.length === 0) throw new Error(`there is no image in ${directory}`);
        names.sort();
        const next = names.find((name) => name > last) ?? names[0]!;
        const path = join(directory, next);
        last = next;
        const { size } = await stat(path);
        if (size > largestImage) throw new Error(`${path} has ${size} bytes, of ${largestImage} at most`);
        return { bytes: await readFile(path, { signal }), mimeType: mimeTypeOf(extname(next))! };
      }),
    };
  },
});
