/**
 * `camera`/`webcam`: a camera of Video4Linux, read by `ffmpeg`, which runs while images are asked for.
 *
 * What holds: one process at most; it is ended when nobody has asked for a while, and with the resource.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { camera } from '../../apis/vision';
import { defineDriver } from '../../driver';
import { JpegFrames } from './jpeg-frames';
import { oneImage } from './one-image';

/** ms without a question after which the camera is let go. */
const idle = 10_000;
/** Characters of what `ffmpeg` says that are kept. */
const longestWord = 500;

export default defineDriver({
  api: camera,
  model: 'webcam',
  doc: 'A camera of Video4Linux. Needs `ffmpeg`, which runs while images are asked for; it opens the camera at the first.',
  attributes: z.object({
    video_path: z
      .string()
      .min(1)
      .default('video0')
      .describe(
        'A device by its path, or by its name in `/dev`; or a video file with its `format`, which is played again and again.',
      ),
    width_px: z.int().positive().optional().describe('Pixels; left out: as the camera has it.'),
    height_px: z.int().positive().optional().describe('Pixels; left out: as the camera has it.'),
    frame_rate: z.number().positive().optional().describe('Hz; left out: as the camera has it.'),
    format: z.string().optional().describe('Of the input, as `ffmpeg` calls it. Default `v4l2`.'),
  }),
  open({ attributes: { video_path, width_px, height_px, frame_rate, format = 'v4l2' } }) {
    const path = isAbsolute(video_path) || format !== 'v4l2' ? video_path : join('/dev', video_path);
    const size = width_px && height_px ? ['-video_size', `${width_px}x${height_px}`] : [];
    const rate = frame_rate ? ['-framerate', String(frame_rate)] : [];
    // Else it would be over before anybody asks for a second image.
    const again = isFile(path) ? ['-re', '-stream_loop', '-1'] : [];
    const input = [...again, '-f', format, ...size, ...rate, '-i', path];
    const video = new Video(['-hide_banner', '-loglevel', 'error', '-nostdin', ...input, ...output]);
    return {
      methods: oneImage(['image/jpeg'], async (signal) => ({
        bytes: await video.frame(signal),
        mimeType: 'image/jpeg',
      })),
      close: () => video.close(),
    };
  },
});

/** A video that somebody has recorded, not a device. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

const output = ['-f', 'image2pipe', '-c:v', 'mjpeg', '-q:v', '3', '-'];

class Video {
  readonly #parameters: string[];
  #process: ChildProcess | undefined;
  #frames = new JpegFrames();
  #word = '';
  #ending: NodeJS.Timeout | undefined;

  constructor(parameters: string[]) {
    this.#parameters = parameters;
  }

  /** The next whole frame. @throws Error with what `ffmpeg` said last */
  frame(signal: AbortSignal): Promise<Uint8Array> {
    clearTimeout(this.#ending);
    this.#ending = setTimeout(() => this.close(), idle).unref();
    this.#start();
    return this.#frames.next(signal);
  }

  close(): void {
    clearTimeout(this.#ending);
    const child = this.#process;
    this.#process = undefined;
    child?.kill('SIGKILL');
    this.#frames.end(new Error('the camera is closed'));
  }

  #start(): void {
    if (this.#process) return;
    const frames = new JpegFrames();
    this.#frames = frames;
    this.#word = '';
    const child = spawn('ffmpeg', this.#parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    const ended = (error: Error) => {
      if (this.#process === child) this.#process = undefined;
      frames.end(error);
    };
    child.stdout.on('data', (bytes: Buffer) => frames.add(bytes));
    child.stderr.on('data', (bytes: Buffer) => {
      this.#word = `${this.#word}${bytes}`.slice(-longestWord);
    });
    child.on('error', (error: NodeJS.ErrnoException) =>
      ended(error.code === 'ENOENT' ? new Error('ffmpeg is not installed, which a webcam needs') : error),
    );
    child.on('close', (code) =>
      ended(new Error(this.#word.trim().split('\n').at(-1) || `ffmpeg ended with ${code}`)),
    );
  }
}
