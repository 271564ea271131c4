import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { decode } from 'jpeg-js';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OwnResource } from './driver';
import { JpegFrames } from './drivers/camera/jpeg-frames';
import { findDriver } from './registry';
import { ResourceGraph } from './resource-graph';

const log = pino({ level: 'silent' });
const camera = 'rdk:component:camera/c';

let directory: string;
let graph: ResourceGraph;
let opened: OwnResource[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-cameras-'));
  graph = new ResourceGraph();
});

afterEach(async () => {
  for (const resource of opened) await resource.close();
  opened = [];
  await rm(directory, { recursive: true });
});

async function open(name: string, model: string, attributes: object): Promise<void> {
  const [api = '', short = ''] = name.split('/');
  const driver = findDriver(api, model)!;
  const context = { name: short, attributes: driver.attributes.parse(attributes), log, graph };
  opened.push(new OwnResource(name, model, await driver.open(context)));
  graph.put('test', opened);
}

interface Image {
  mime_type: string;
  image: Uint8Array;
  source_name?: string;
}

const getImage = async (mime_type = '') => (await graph.call(camera, 'GetImage', { mime_type })) as Image;
const getImages = async () => ((await graph.call(camera, 'GetImages')) as { images: Image[] }).images;

describe('a fake camera', () => {
  test('gives a JPEG and a PNG of the size that it was configured with', async () => {
    await open(camera, 'fake', { width: 64, height: 48 });
    const jpeg = await getImage('image/jpeg');
    expect(jpeg.mime_type).toBe('image/jpeg');
    const { width, height, data } = decode(jpeg.image);
    expect([width, height]).toEqual([64, 48]);
    expect(data[4 * 63]! - data[0]!).toBeGreaterThan(200);
    const png = await getImage('image/png+lazy');
    expect(png.mime_type).toBe('image/png');
    const view = Buffer.from(png.image);
    expect(view.subarray(1, 4).toString()).toBe('PNG');
    expect([view.readUInt32BE(16), view.readUInt32BE(20)]).toEqual([64, 48]);
    const rows = inflateSync(view.subarray(41, 41 + view.readUInt32BE(33)));
    expect(rows).toHaveLength(48 * (3 * 64 + 1));
    expect([rows[1], rows[3 * 63 + 1]]).toEqual([0, 255]);
  });

  test('refuses a type that it does not have', async () => {
    await open(camera, 'fake', {});
    await expect(getImage('image/webp')).rejects.toMatchObject({ code: 'wrong-argument' });
  });

  test('gives as many points as its cloud says', async () => {
    await open(camera, 'fake', {});
    const { point_cloud } = (await graph.call(camera, 'GetPointCloud')) as { point_cloud: Buffer };
    const text = point_cloud.toString('latin1');
    const points = Number(/POINTS (\d+)\n/.exec(text)![1]);
    expect(point_cloud.length - (text.indexOf('DATA binary\n') + 12)).toBe(12 * points);
  });
});

describe('a camera over a directory', () => {
  test('gives one image after the other, begins again, and takes what comes later', async () => {
    for (const name of ['b.png', 'a.jpg', 'notes.txt']) await writeFile(join(directory, name), name);
    await open(camera, 'image_directory', { directory });
    const read = async () => {
      const [{ image, mime_type } = { image: Buffer.of(), mime_type: '' }] = await getImages();
      return `${Buffer.from(image)} ${mime_type}`;
    };
    expect([await read(), await read(), await read()]).toEqual([
      'a.jpg image/jpeg',
      'b.png image/png',
      'a.jpg image/jpeg',
    ]);
    await writeFile(join(directory, 'aa.png'), 'aa.png');
    expect(await read()).toBe('aa.png image/png');
  });

  test('says which directory has no image', async () => {
    await open(camera, 'image_directory', { directory });
    await expect(getImages()).rejects.toThrow(`there is no image in ${directory}`);
  });
});

describe('a camera over an address', () => {
  let server: Server;
  let answer: { status: number; type: string; body: string };

  beforeEach(async () => {
    server = createServer((_request, response) => {
      response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/now.jpg`;
    await open(camera, 'image_url', { url });
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  test('gives the image as it is now, in its type', async () => {
    answer = { status: 200, type: 'image/png; x=1', body: 'one' };
    expect(await getImage()).toEqual({ mime_type: 'image/png', image: Buffer.from('one') });
    answer = { status: 200, type: 'image/jpeg', body: 'two' };
    expect(await getImage()).toEqual({ mime_type: 'image/jpeg', image: Buffer.from('two') });
  });

  test('fails where there is none', async () => {
    answer = { status: 404, type: 'text/html', body: 'not here' };
    await expect(getImage()).rejects.toThrow(/answered 404/);
    answer = { status: 200, type: 'text/html', body: 'log in' };
    await expect(getImage()).rejects.toThrow(/gave text\/html, no image/);
  });
});

describe('a webcam', () => {
  const path = process.env.PATH;
  afterEach(() => {
    process.env.PATH = path;
  });

  /** Stands in for the program: says how it was called, and what the test lets it write. */
  async function program(script: string): Promise<void> {
    const folder = join(directory, 'bin');
    await mkdir(folder);
    await writeFile(join(folder, 'ffmpeg'), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, 'ffmpeg'), 0o755);
    process.env.PATH = `${folder}${delimiter}${path}`;
  }

  test('says what it needs where there is no ffmpeg', async () => {
    process.env.PATH = directory;
    await open(camera, 'webcam', { video_path: 'video0' });
    await expect(getImage()).rejects.toThrow('ffmpeg is not installed, which a webcam needs');
  });

  test('gives the frames of its device while it is asked, and says why it cannot', async () => {
    await program(
      `echo "$@" > ${directory}/called; while :; do printf 'noise\\377\\330frame\\377\\331'; sleep 0.05; done`,
    );
    await open(camera, 'webcam', { video_path: 'video7', width_px: 640, height_px: 480 });
    const { image, mime_type } = await getImage();
    expect(mime_type).toBe('image/jpeg');
    expect(Buffer.from(image).toString('latin1')).toBe('\xff\xd8frame\xff\xd9');
    const called = spawnSync('cat', [join(directory, 'called')]).stdout.toString();
    expect(called).toContain('-f v4l2 -video_size 640x480 -i /dev/video7');
  });

  test('fails with what ffmpeg said last, and tries again at the next read', async () => {
    await program('echo "warning" >&2; echo "/dev/video0: No such file or directory" >&2; exit 1');
    await open(camera, 'webcam', {});
    await expect(getImage()).rejects.toThrow('/dev/video0: No such file or directory');
    await expect(getImage()).rejects.toThrow('/dev/video0: No such file or directory');
  });

  const installed = spawnSync('ffmpeg', ['-version']).status === 0;
  test.runIf(installed || process.env.CI)(
    'gives images of the real ffmpeg',
    { timeout: 30_000 },
    async () => {
      await open(camera, 'webcam', { format: 'lavfi', video_path: 'testsrc=size=64x48:rate=10' });
      const { width, height } = decode((await getImage()).image);
      expect([width, height]).toEqual([64, 48]);
    },
  );

  test.runIf(installed || process.env.CI)(
    'plays a video file again and again (skipped when ffmpeg is missing)',
    { timeout: 30_000 },
    async () => {
      const video = join(directory, 'clip.avi');
      const source = ['-f', 'lavfi', '-i', 'color=red:size=32x24:rate=5:duration=1'];
      const made = spawnSync('ffmpeg', [...source, '-c:v', 'mjpeg', video], { encoding: 'utf8' });
      expect(made.status, made.stderr).toBe(0);
      await open(camera, 'webcam', { format: 'avi', video_path: video });
      const { width, height, data } = decode((await getImage()).image);
      expect([width, height]).toEqual([32, 24]);
      const [red, green, blue] = data;
      expect(red).toBeGreaterThan(200);
      expect(green! + blue!).toBeLessThan(80);
      // It has five frames.
      for (let frame = 0; frame < 7; frame++) expect((await getImage()).mime_type).toBe('image/jpeg');
    },
  );
});

describe('frames out of a stream', () => {
  const never = new AbortController().signal;

  test('are whole however the stream is cut', async () => {
    const stream = Buffer.from('..\xff\xd8one\xff\x00\xff\xd9..\xff\xd8two\xff\xd9', 'latin1');
    for (let cut = 1; cut < stream.length; cut++) {
      const frames = new JpegFrames();
      const first = frames.next(never);
      frames.add(stream.subarray(0, cut));
      frames.add(stream.subarray(cut));
      expect(Buffer.from(await first).toString('latin1')).toBe('\xff\xd8one\xff\x00\xff\xd9');
    }
  });

  test('that nobody waits for are let go', async () => {
    const frames = new JpegFrames();
    frames.add(Buffer.from('\xff\xd8one\xff\xd9', 'latin1'));
    const next = frames.next(never);
    frames.add(Buffer.from('\xff\xd8two\xff\xd9', 'latin1'));
    expect(Buffer.from(await next).toString('latin1')).toBe('\xff\xd8two\xff\xd9');
  });
});

test('a fake vision service sees in the image of the camera that is named', async () => {
  const vision = 'rdk:service:vision/v';
  await open(camera, 'fake', { width: 8, height: 8 });
  await open(vision, 'fake', { class_name: 'tomato', confidence: 0.8 });
  const seen = await graph.call(vision, 'CaptureAllFromCamera', { camera_name: 'c' });
  expect(seen).toMatchObject({
    image: { mime_type: 'image/jpeg', source_name: 'color' },
    classifications: [{ class_name: 'tomato', confidence: 0.8 }],
    detections: [{ class_name: 'tomato', x_min_normalized: 0.25 }],
  });
  await expect(graph.call(vision, 'CaptureAllFromCamera', { camera_name: 'none' })).rejects.toMatchObject({
    code: 'unknown-resource',
  });
});

describe('the sensor of this machine', () => {
  const sensor = 'rdk:component:sensor/s';

  async function machine(): Promise<string> {
    const zone = join(directory, 'sys/class/thermal/thermal_zone0');
    const cpu = join(directory, 'sys/class/thermal/thermal_zone1');
    for (const each of [zone, cpu, join(directory, 'proc/net')]) await mkdir(each, { recursive: true });
    await writeFile(join(zone, 'type'), 'acpitz\n');
    await writeFile(join(zone, 'temp'), '20000\n');
    await writeFile(join(cpu, 'type'), 'cpu-thermal\n');
    await writeFile(join(cpu, 'temp'), '51540\n');
    const head = 'Inter-| sta-|   Quality        |\n face | tus | link level noise |\n';
    await writeFile(join(directory, 'proc/net/wireless'), `${head} wlan0: 0000   56.  -54.  -256        0\n`);
    return directory;
  }

  test('gives temperature, load, memory, disk and WiFi', async () => {
    await open(sensor, 'system', { root: await machine() });
    const { readings } = (await graph.call(sensor, 'GetReadings')) as { readings: Record<string, number> };
    expect(readings).toMatchObject({ cpu_temperature_celsius: 51.54, wifi_rssi_dbm: -54, wifi_quality: 0.8 });
    for (const name of ['load_1m', 'memory_free_bytes', 'disk_free_bytes', 'disk_total_bytes'])
      expect(readings[name], name).toBeGreaterThanOrEqual(0);
    expect(readings.memory_total_bytes).toBeGreaterThan(readings.memory_free_bytes!);
  });

  test('leaves out what there is not, and fails where nothing is', async () => {
    await open(sensor, 'system', { root: directory, readings: ['wifi', 'load'] });
    const { readings } = (await graph.call(sensor, 'GetReadings')) as { readings: object };
    expect(Object.keys(readings)).toEqual(['load_1m', 'load_5m', 'load_15m', 'uptime_seconds']);
    opened = [];
    await open(sensor, 'system', { root: directory, readings: ['wifi'] });
    await expect(graph.call(sensor, 'GetReadings')).rejects.toThrow(/wireless/);
  });
});
