/** What sees: cameras and vision services. Their readings are files. */
import { longestLabel, mostAnnotations } from '@sluice/common/viam/limits';
import { z } from 'zod';
import { type BinaryReading, bytes, data, defineApi, method, name, nothing } from './api';

const image = z.object({
  source_name: z.string().default(''),
  mime_type: z.string(),
  image: bytes,
});

export const camera = defineApi('rdk:component:camera', 'viam.component.camera.v1.CameraService', {
  GetImages: method({
    request: z.object({ filter_source_names: z.array(z.string()).default([]) }),
    answer: z.object({ images: z.array(image), captured_at: z.number().optional() }),
    captured: [
      {
        as: 'GetImages',
        request: ({ filter_source_names = '' }) => ({
          filter_source_names: filter_source_names.split(',').filter((each) => each !== ''),
        }),
        // Viam's cloud tells the images of a camera by a class each.
        files: ({ images }) =>
          images.map(({ image: file, mime_type: mimeType, source_name: source }) => ({
            bytes: file,
            mimeType,
            source,
            ...(source ? { annotations: { classifications: [{ label: source }] } } : {}),
          })),
      },
    ],
  }),
  GetImage: method({
    request: z.object({ mime_type: z.string().default('') }),
    answer: z.object({ mime_type: z.string(), image: bytes }),
    captured: [
      {
        as: 'ReadImage',
        request: ({ mime_type = '' }) => ({ mime_type }),
        files: (answer) => [{ bytes: answer.image, mimeType: answer.mime_type, source: '' }],
      },
    ],
  }),
  GetPointCloud: method({
    request: z.object({ mime_type: z.string().default('pointcloud/pcd') }),
    answer: z.object({ mime_type: z.string(), point_cloud: bytes }),
    captured: [
      {
        as: 'NextPointCloud',
        request: () => ({ mime_type: 'pointcloud/pcd' }),
        files: ({ mime_type, point_cloud }) => [{ bytes: point_cloud, mimeType: mime_type, source: '' }],
      },
    ],
  }),
  GetProperties: method({
    request: nothing,
    answer: z.object({ supports_pcd: z.boolean(), mime_types: z.array(z.string()) }),
  }),
});

const detection = z.object({
  x_min: z.int(),
  y_min: z.int(),
  x_max: z.int(),
  y_max: z.int(),
  confidence: z.number(),
  class_name: z.string(),
  /** Left, top, right, bottom, as shares of the image. */
  x_min_normalized: z.number(),
  y_min_normalized: z.number(),
  x_max_normalized: z.number(),
  y_max_normalized: z.number(),
});
const classification = z.object({ class_name: z.string(), confidence: z.number() });

/** As Viam's `BoundingBox`. */
function boxOf({ class_name: label, confidence, ...corners }: z.output<typeof detection>): object {
  const { x_min_normalized, y_min_normalized, x_max_normalized, y_max_normalized } = corners;
  return { label, confidence, x_min_normalized, y_min_normalized, x_max_normalized, y_max_normalized };
}

/** As Viam's `Classification`. */
function classOf({ class_name: label, confidence }: z.output<typeof classification>): object {
  return { label, confidence };
}

/** What is less sure than `min_confidence_score` is left out of what is kept. */
function leastOf(text: string | undefined): number {
  const score = text === undefined || text === '' ? 0 : Number(text);
  if (!(score >= 0 && score <= 1)) throw new Error(`min_confidence_score must be from 0 to 1, not ${text}`);
  return score;
}

/** Those that are sure enough. @throws when they are more than can be kept with an image */
function sureOf<Seen extends { class_name: string; confidence: number }>(
  seen: readonly Seen[],
  least: number,
): Seen[] {
  const sure = seen.filter(({ confidence }) => confidence >= least);
  if (sure.length > mostAnnotations)
    throw new Error(
      `saw ${sure.length} things in an image, of which ${mostAnnotations} can be kept: a greater min_confidence_score leaves more of them out`,
    );
  const long = sure.find(({ class_name }) => class_name.length > longestLabel);
  if (long) throw new Error(`saw something whose name has more than ${longestLabel} characters`);
  return sure;
}

export const vision = defineApi('rdk:service:vision', 'viam.service.vision.v1.VisionService', {
  GetDetectionsFromCamera: method({
    request: z.object({ camera_name: name }),
    answer: z.object({ detections: z.array(detection) }),
  }),
  GetClassificationsFromCamera: method({
    request: z.object({ camera_name: name, n: z.int().min(0).default(0) }),
    answer: z.object({ classifications: z.array(classification) }),
  }),
  CaptureAllFromCamera: method({
    request: z.object({
      camera_name: name,
      return_image: z.boolean().default(true),
      return_classifications: z.boolean().default(true),
      return_detections: z.boolean().default(true),
      return_object_point_clouds: z.boolean().default(false),
    }),
    answer: z.object({
      image: image.optional(),
      detections: z.array(detection).default([]),
      classifications: z.array(classification).default([]),
      extra: data.optional(),
    }),
    captured: [
      {
        as: 'CaptureAllFromCamera',
        request: ({ camera_name = '', min_confidence_score }) => {
          leastOf(min_confidence_score);
          return {
            camera_name,
            return_image: true,
            return_classifications: true,
            return_detections: true,
            return_object_point_clouds: false,
          };
        },
        files: ({ image: seen, detections, classifications }, { min_confidence_score }): BinaryReading[] => {
          if (seen === undefined) return [];
          const least = leastOf(min_confidence_score);
          const annotations = {
            bboxes: sureOf(detections, least).map(boxOf),
            classifications: sureOf(classifications, least).map(classOf),
          };
          const { image: file, mime_type: mimeType, source_name: source } = seen;
          return [{ bytes: file, mimeType, source, annotations }];
        },
      },
    ],
  }),
  GetProperties: method({
    request: nothing,
    answer: z.object({
      classifications_supported: z.boolean(),
      detections_supported: z.boolean(),
      object_point_clouds_supported: z.boolean(),
    }),
  }),
});
