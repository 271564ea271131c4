/** `sensor`/`system`: what this machine says of itself. */
import { readdir, readFile, statfs } from 'node:fs/promises';
import { freemem, loadavg, totalmem, uptime } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { sensor } from '../../apis/sensor';
import { defineDriver } from '../../driver';

type Readings = Record<string, number>;

interface Place {
  /** Path of a file system. */
  path: string;
  /** Where the kernel shows itself: `/sys` and `/proc` lie in it. */
  root: string;
}

const sources = {
  cpu_temperature: async ({ root }: Place): Promise<Readings> => {
    const zones = join(root, 'sys/class/thermal');
    const names = (await readdir(zones)).filter((name) => name.startsWith('thermal_zone')).sort();
    const kinds = await Promise.all(names.map((name) => textOf(join(zones, name, 'type'))));
    // The processor's, by the names that the kernel's drivers give it; else the first.
    const cpu = kinds.findIndex((kind) => /cpu|x86_pkg|soc/i.test(kind));
    const zone = names[Math.max(cpu, 0)];
    if (zone === undefined) throw new Error('this machine shows no temperature');
    return { cpu_temperature_celsius: Number(await textOf(join(zones, zone, 'temp'))) / 1000 };
  },
  load: async (): Promise<Readings> => {
    const [one, five, fifteen] = loadavg() as [number, number, number];
    return { load_1m: one, load_5m: five, load_15m: fifteen, uptime_seconds: Math.floor(uptime()) };
  },
  memory: async (): Promise<Readings> => ({ memory_free_bytes: freemem(), memory_total_bytes: totalmem() }),
  disk: async ({ path }: Place): Promise<Readings> => {
    const { bsize, blocks, bavail } = await statfs(path);
    return { disk_free_bytes: bavail * bsize, disk_total_bytes: blocks * bsize };
  },
  wifi: async ({ root }: Place): Promise<Readings> => {
    const lines = (await textOf(join(root, 'proc/net/wireless'))).split('\n').slice(2);
    // `wlan0: 0000   54.  -56.  -256 …`: status, quality of 70, level in dBm.
    const [, , quality, level] = lines[0]?.trim().split(/\s+/) ?? [];
    if (quality === undefined || level === undefined) throw new Error('this machine is in no WiFi');
    return { wifi_quality: Number.parseFloat(quality) / 70, wifi_rssi_dbm: Number.parseFloat(level) };
  },
};

const names = ['cpu_temperature', 'load', 'memory', 'disk', 'wifi'] as const;

export default defineDriver({
  api: sensor,
  model: 'system',
  doc: 'What this machine says of itself. What it does not have is left out; a sensor of which nothing is there fails.',
  attributes: z.object({
    readings: z
      .array(z.enum(names))
      .min(1)
      .default([...names])
      .describe('Which: the temperature of the processor, load, memory, a disk, the WiFi.'),
    path: z.string().min(1).default('/').describe('A path on the disk that is meant.'),
    root: z.string().min(1).default('/').describe('Where `/sys` and `/proc` of another machine are mounted.'),
  }),
  open: ({ attributes: { readings: wanted, path, root } }) => ({
    methods: {
      GetReadings: async () => {
        const place = { path, root };
        const all = await Promise.allSettled(wanted.map((name) => sources[name](place)));
        const there = all.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
        if (there.length === 0) throw (all[0] as PromiseRejectedResult).reason;
        return { readings: Object.assign({}, ...there) as Readings };
      },
    },
  }),
});

async function textOf(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).trimEnd();
}
