/** `vision`/`fake`: sees the same in every image. */
import { z } from 'zod';
import { vision } from '../../apis/vision';
import { defineDriver } from '../../driver';

interface Seen {
  images: { mime_type: string; image: Uint8Array; source_name: string }[];
}

/** Shares of the image. */
const box = {
  x_min_normalized: 0.25,
  y_min_normalized: 0.25,
  x_max_normalized: 0.75,
  y_max_normalized: 0.75,
};
/** Pixels, as of an image of 320 × 240. */
const pixels = { x_min: 80, y_min: 60, x_max: 240, y_max: 180 };

export default defineDriver({
  api: vision,
  model: 'fake',
  doc: 'A vision service without a model: sees one thing in the middle of every image, and a class of the whole.',
  attributes: z.object({
    class_name: z.string().min(1).default('thing').describe('What it sees.'),
    confidence: z.number().min(0).max(1).default(0.9).describe('How sure it is.'),
    camera_name: z.string().optional().describe('Has no effect: each call names its camera.'),
  }),
  open({ attributes: { class_name, confidence }, graph }) {
    const detections = [{ ...pixels, ...box, confidence, class_name }];
    const classifications = [{ class_name, confidence }];
    const look = async (camera: string, { deadline, signal }: { deadline: number; signal: AbortSignal }) => {
      const name = `rdk:component:camera/${camera}`;
      const { images } = (await graph.call(name, 'GetImages', {}, { deadline, signal })) as Seen;
      if (!images[0]) throw new Error(`${camera} gave no image`);
      return images[0];
    };
    return {
      methods: {
        GetDetectionsFromCamera: async ({ camera_name }, context) => {
          await look(camera_name, context);
          return { detections };
        },
        GetClassificationsFromCamera: async ({ camera_name, n }, context) => {
          await look(camera_name, context);
          return { classifications: n > 0 ? classifications.slice(0, n) : classifications };
        },
        CaptureAllFromCamera: async (request, context) => ({
          ...(request.return_image ? { image: await look(request.camera_name, context) } : {}),
          detections: request.return_detections ? detections : [],
          classifications: request.return_classifications ? classifications : [],
        }),
        GetProperties: () => ({
          classifications_supported: true,
          detections_supported: true,
          object_point_clouds_supported: false,
        }),
      },
    };
  },
});
