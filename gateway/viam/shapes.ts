/** Where Viam's message is not the table's answer member by member. */
import type { Plain } from '@sluice/common/viam/messages';

/** `viam.component.camera.v1.Format`, which older clients read instead of the MIME type. */
const formats: Readonly<Record<string, number>> = {
  'image/vnd.viam.rgba': 1,
  'image/vnd.viam.dep': 2,
  'image/jpeg': 3,
  'image/png': 4,
};

export const answerShapes: Readonly<Record<string, (answer: Plain) => Plain>> = {
  'rdk:component:camera GetImages': ({ images, captured_at }) => ({
    images: (images as Plain[]).map(imageOf),
    response_metadata: { captured_at },
  }),
  'rdk:service:vision CaptureAllFromCamera': ({ image, ...rest }) => ({
    ...rest,
    ...(image === undefined ? {} : { image: imageOf(image as Plain) }),
  }),
};

function imageOf(image: Plain): Plain {
  return { ...image, format: formats[image.mime_type as string] ?? 0 };
}
