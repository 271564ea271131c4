import { describe, expect, test } from 'vitest';
import { statusOf } from './own-part';
import { Bench, camera, plan } from './test-bench';

describe('capture of files', () => {
  const image = (text: string) => ({ mime_type: 'image/png', image: Buffer.from(text), source_name: text });

  test('keeps each image of a reading with its time, type and extension', async () => {
    const bench = new Bench({ [camera]: () => ({ images: [image('color'), image('depth')] }) });
    bench.capture.apply([plan(camera, 'GetImages', 1, { tags: ['night'], retention: { days: 5 } })]);
    await bench.clock.run(1_500);
    const [color, depth] = bench.outbox.binaries;
    expect(color).toMatchObject({
      metadata: {
        part: 'main',
        resource: camera,
        method: 'GetImages',
        mimeType: 'image/png',
        extension: '.png',
        tags: ['night'],
        retention: { days: 5 },
        source: 'color',
      },
      bytes: Buffer.from('color'),
    });
    expect(depth!.metadata.source).toBe('depth');
    expect([color, depth].map((each) => each!.metadata.annotations)).toEqual([
      { classifications: [{ label: 'color' }] },
      { classifications: [{ label: 'depth' }] },
    ]);
    expect(color!.metadata.requested).toBeGreaterThanOrEqual(bench.clock.epoch);
    expect(statusOf(bench.capture).streams).toMatchObject([{ captured: 4, acknowledged: 4 }]);
  });

  const content = Buffer.from('as it came');
  const vision = 'rdk:service:vision/v';
  const png = { mime_type: 'image/png', image: content, source_name: '' };

  test.each<[string, string, object, string, string]>([
    [camera, 'ReadImage', png, 'image/png', '.png'],
    [camera, 'ReadImage', { ...png, mime_type: 'image/x-own' }, 'image/x-own', '.dat'],
    [
      camera,
      'NextPointCloud',
      { mime_type: 'pointcloud/pcd', point_cloud: content },
      'pointcloud/pcd',
      '.pcd',
    ],
    [
      vision,
      'CaptureAllFromCamera',
      { image: png, detections: [], classifications: [] },
      'image/png',
      '.png',
    ],
  ])(
    'of %s %s is kept as it came, with its own type, whatever was asked for',
    async (resource, method, answer, mimeType, extension) => {
      const bench = new Bench({ [resource]: () => answer });
      const parameters = { camera_name: 'c', mime_type: 'image/jpeg' };
      const capture = plan(resource, method, 1);
      bench.capture.apply([{ ...capture, identity: { ...capture.identity, parameters } }]);
      await bench.clock.run(500);
      expect(bench.outbox.binaries).toMatchObject([
        { metadata: { resource, method, parameters, mimeType, extension }, bytes: content },
      ]);
    },
  );

  test('asks for the next only when the last is durable', async () => {
    const bench = new Bench({ [camera]: () => ({ mime_type: 'image/png', image: Buffer.from('x') }) });
    let underWay = 0;
    let most = 0;
    bench.outbox.binary = () => {
      most = Math.max(most, ++underWay);
      return new Promise((resolve) =>
        bench.clock.after(350, () => {
          underWay--;
          resolve(undefined as never);
        }),
      );
    };
    bench.capture.apply([plan(camera, 'ReadImage', 10)]);
    await bench.clock.run(4_000);
    expect(most).toBe(1);
    const [status] = statusOf(bench.capture).streams;
    expect(status!.captured).toBeGreaterThanOrEqual(9);
    expect(status!.missed).toBeGreaterThanOrEqual(27);
  });

  test('waits at its end for what is being stored, and counts it', async () => {
    const bench = new Bench({ [camera]: () => ({ mime_type: 'image/png', image: Buffer.from('x') }) });
    bench.outbox.binary = () =>
      new Promise((resolve) => bench.clock.after(350, () => resolve(undefined as never)));
    bench.capture.apply([plan(camera, 'ReadImage', 1)]);
    await bench.clock.run(10);
    const closed = bench.capture.close();
    await bench.clock.run(400);
    await closed;
    expect(statusOf(bench.capture).streams).toMatchObject([{ captured: 1, acknowledged: 1 }]);
  });

  test('counts what could not be stored as failed', async () => {
    const bench = new Bench({ [camera]: () => ({ mime_type: 'image/png', image: Buffer.from('x') }) });
    bench.outbox.binary = () => Promise.reject(new Error('no space left'));
    bench.capture.apply([plan(camera, 'ReadImage', 1)]);
    await bench.clock.run(3_500);
    expect(statusOf(bench.capture).streams).toMatchObject([{ captured: 0, failed: 4 }]);
    expect(bench.warnings).toEqual([{ message: 'not captured: no space left', repeated: 0 }]);
  });

  test('leaves out of what is kept what a vision service is not sure enough of', async () => {
    const sure = { class_name: 'cat', confidence: 0.9 };
    const unsure = { class_name: 'dog', confidence: 0.4 };
    const corners = {
      x_min_normalized: 0.1,
      y_min_normalized: 0.2,
      x_max_normalized: 0.5,
      y_max_normalized: 1,
    };
    const pixels = { x_min: 1, y_min: 2, x_max: 5, y_max: 10 };
    const classifications = [sure, unsure];
    const detections = classifications.map((each) => ({ ...each, ...pixels, ...corners }));
    const bench = new Bench({ [vision]: () => ({ image: image('x'), detections, classifications }) });
    const parameters = { camera_name: 'c', mime_type: 'image/jpeg', min_confidence_score: '0.7' };
    const capture = plan(vision, 'CaptureAllFromCamera', 1);
    bench.capture.apply([{ ...capture, identity: { ...capture.identity, parameters } }]);
    await bench.clock.run(1_100);
    const cat = { label: 'cat', confidence: 0.9 };
    expect(bench.outbox.binaries[0]!.metadata.annotations).toEqual({
      bboxes: [{ ...cat, ...corners }],
      classifications: [cat],
    });
  });

  test.each([
    [
      'more things than can be kept',
      { classes: 1_001, name: 'cat' },
      /saw 1001 things .*min_confidence_score/,
    ],
    ['a thing of an endless name', { classes: 1, name: 'c'.repeat(257) }, /more than 256 characters/],
  ])('an image in which a vision service saw %s is a failed read', async (_, { classes, name }, told) => {
    const classifications = Array.from({ length: classes }, () => ({ class_name: name, confidence: 1 }));
    const bench = new Bench({ [vision]: () => ({ image: image('x'), detections: [], classifications }) });
    const parameters = { camera_name: 'c', mime_type: 'image/jpeg' };
    const capture = plan(vision, 'CaptureAllFromCamera', 1);
    bench.capture.apply([{ ...capture, identity: { ...capture.identity, parameters } }]);
    await bench.clock.run(1_100);
    expect(bench.outbox.binaries).toEqual([]);
    expect(statusOf(bench.capture).streams).toMatchObject([{ captured: 0, failed: 2 }]);
    expect(bench.warnings[0]!.message).toMatch(told);
  });
});
