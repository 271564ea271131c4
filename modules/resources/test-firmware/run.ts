/**
 * A device of resources alone, for their tests in the simulator. On channel 16 come requests in JSON:
 * `{configuration}` builds, `{read: n}` reads each collector's source n times and tells the bytes it made,
 * `{call: [resource, method, arguments]}` is a remote call, `{join: ssid}` joins a WiFi, `{close: true}` closes. On channel 17 come texts
 * that are parsed and not applied: first the part's, after a zero byte the additions. Answers go to channel 18 in JSON.
 */

import WiFi from 'embedded:network/interface/wifi';
import config from 'mc/config';
import { call, listen } from 'sim/bridge';
import { collect, bytes as heap } from 'sim/meter';
import { parsePart } from '../../config/part';
import type { CollectorPlan } from '../../config/plan';
import { callResource } from '../../device/calls';
import { readingOf } from '../reading';
import { ResourceSet } from '../resource-set';
import type { Source } from '../source';

interface Request {
  configuration?: string;
  read?: number;
  call?: [string, string, Record<string, unknown>];
  close?: boolean;
  join?: string;
}

interface Reading {
  resource: string;
  method: string;
  kind?: string;
  value?: unknown;
  range?: unknown;
  garbage?: number;
  error?: string;
}

const sourceChannel = 16;
const textChannel = 17;
const answerChannel = 18;

export default function run(): void {
  const resources = new ResourceSet({ chip: String(config.chip ?? 'esp32') });
  let collectors: CollectorPlan[] = [];
  listen(textChannel, (bytes) => {
    const end = new Uint8Array(bytes).indexOf(0);
    const text = String.fromArrayBuffer(bytes.slice(0, end));
    answerWith(parsePart(text, String.fromArrayBuffer(bytes.slice(end + 1))));
  });
  listen(sourceChannel, (bytes) => {
    const request = JSON.parse(String.fromArrayBuffer(bytes)) as Request;
    let answer: unknown;
    if (request.configuration !== undefined) {
      const plan = parsePart(request.configuration);
      const { problems, rebuilt } = resources.apply(plan.resources);
      collectors = plan.collectors;
      answer = { problems: [...plan.problems, ...problems], rebuilt: [...rebuilt], names: resources.names() };
    } else if (request.read !== undefined) {
      const times = request.read;
      answer = collectors.map((plan) => readings(resources, plan, times));
    } else if (request.call)
      answer = answerOf(() => callResource(resources.get(request.call![0]), ...request.call!));
    else if (request.close) answer = resources.close() ?? null;
    else if (request.join) {
      new WiFi({}).connect({ SSID: request.join });
      answer = null;
    }
    answerWith(answer);
  });
}

function answerWith(answer: unknown): void {
  call(answerChannel, ArrayBuffer.fromString(JSON.stringify(answer)));
}

/** The last reading, and the bytes that all but the first left behind. */
function readings(resources: ResourceSet, plan: CollectorPlan, times: number): Reading {
  const { resource, method } = plan.identity;
  try {
    const source: Source = resources.source(plan);
    const { io } = source;
    io.read();
    collect();
    const before = heap();
    for (let index = 0; index < times; index++) io.read();
    const garbage = (heap() - before) / times;
    const reading = {
      resource,
      method,
      kind: source.kind,
      value: readingOf(io),
      range: source.range,
      garbage,
    };
    return reading;
  } catch (error) {
    return { resource, method, error: (error as Error).message };
  }
}

function answerOf(action: () => unknown): unknown {
  try {
    return { result: action() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}
