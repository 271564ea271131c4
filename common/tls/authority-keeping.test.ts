import { X509Certificate } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exportAuthority, importAuthority, openAuthority, renewAuthority, showAuthority } from './index';

let root: string;
let here: string;
let there: string;
let copy: string;

beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'sluice-authority-'));
  here = join(root, 'here');
  there = join(root, 'there');
  copy = join(root, 'copy.pem');
});

afterEach(() => fs.rm(root, { recursive: true }));

const modeOf = async (path: string) => (await fs.stat(path)).mode & 0o777;
const now = Date.UTC(2040, 5);

/** Whether who pinned `pinned` takes a server of `directory` for its own: by the key, as the SDK does. */
async function isTrusted(directory: string, pinned: string): Promise<boolean> {
  const { certificate, authority } = await openAuthority(directory);
  const key = new X509Certificate(pinned).publicKey;
  return new X509Certificate(certificate).verify(key) && new X509Certificate(authority.pem).verify(key);
}

describe('a copy', () => {
  test('makes another machine the same authority, readable by its owner alone', async () => {
    const { authority } = await openAuthority(here);
    const { fingerprint } = await exportAuthority(here, copy);
    expect(await modeOf(copy)).toBe(0o600);
    expect(await importAuthority(there, copy)).toMatchObject({ fingerprint });
    expect(await modeOf(join(there, 'authority.pem'))).toBe(0o600);
    expect((await openAuthority(there)).authority.pem).toBe(authority.pem);
    expect(await isTrusted(there, authority.pem)).toBe(true);
  });

  test('replaces no file', async () => {
    await openAuthority(here);
    await fs.writeFile(copy, 'something else');
    await expect(exportAuthority(here, copy)).rejects.toMatchObject({ code: 'authority-exists' });
    expect(await fs.readFile(copy, 'utf8')).toBe('something else');
  });

  test('takes the place of another authority by force alone, which lies beside then', async () => {
    await openAuthority(here);
    await exportAuthority(here, copy);
    const { authority: other } = await openAuthority(there);
    await expect(importAuthority(there, copy)).rejects.toMatchObject({ code: 'authority-exists' });
    expect((await showAuthority(there)).pem).toBe(other.pem);
    const { replaced } = await importAuthority(there, copy, { force: true });
    expect(await modeOf(replaced!)).toBe(0o600);
    expect(await isTrusted(there, other.pem)).toBe(false);
    await importAuthority(there, replaced!, { force: true });
    expect(await isTrusted(there, other.pem)).toBe(true);
  });

  test('of before a renewal does not take its place', async () => {
    await openAuthority(here);
    await exportAuthority(here, copy);
    await renewAuthority(here, now);
    await expect(importAuthority(here, copy)).rejects.toThrow('the same authority, which ends later');
    const after = join(root, 'after.pem');
    await exportAuthority(here, after);
    await importAuthority(there, copy);
    expect(await importAuthority(there, after)).not.toHaveProperty('replaced');
  });

  test.each([
    ['nothing', () => ''],
    ['no key', (text: string) => text.slice(text.indexOf('-----BEGIN CERTIFICATE'))],
    ['no certificate', (text: string) => text.slice(0, text.indexOf('-----BEGIN CERTIFICATE'))],
    ['half of it', (text: string) => text.slice(0, text.length / 2)],
  ])('with %s in it is refused, and changes nothing', async (_what, damage) => {
    await openAuthority(here);
    await exportAuthority(here, copy);
    await fs.writeFile(copy, damage(await fs.readFile(copy, 'utf8')));
    await expect(importAuthority(there, copy)).rejects.toMatchObject({ code: 'authority-damaged' });
    await expect(showAuthority(there)).rejects.toMatchObject({ code: 'authority-missing' });
  });

  test('with the certificate of another key is refused', async () => {
    await openAuthority(here);
    await exportAuthority(here, copy);
    const { authority: other } = await openAuthority(there);
    const text = await fs.readFile(copy, 'utf8');
    await fs.writeFile(copy, text.slice(0, text.indexOf('-----BEGIN CERTIFICATE')) + other.pem);
    await expect(importAuthority(there, copy)).rejects.toThrow('the certificate is not of the key');
  });

  test("with a server's certificate is refused", async () => {
    const { key, certificate } = await openAuthority(here);
    await fs.writeFile(copy, `${key}\n${certificate}`);
    await expect(importAuthority(there, copy)).rejects.toMatchObject({ code: 'authority-damaged' });
  });

  test('that has ended is refused', async () => {
    await openAuthority(here);
    await exportAuthority(here, copy);
    await expect(importAuthority(there, copy, { now: Date.UTC(2050, 0) })).rejects.toMatchObject({
      code: 'authority-ended',
    });
  });
});

describe('a renewal', () => {
  test('keeps key and name, so that those who pinned the certificate before go on', async () => {
    const { authority: before } = await openAuthority(here);
    const view = await renewAuthority(here, now);
    expect(view!.ends).toEqual(new Date(Date.UTC(2070, 11, 31)));
    expect(view!.formerEnds).toEqual([new Date(Date.UTC(2049, 11, 31))]);
    expect(await modeOf(view!.path)).toBe(0o600);
    const { authority: after, certificate } = await openAuthority(here);
    expect(after.pem).not.toBe(before.pem);
    expect(new X509Certificate(after.pem).subject).toBe(new X509Certificate(before.pem).subject);
    expect(await isTrusted(here, before.pem)).toBe(true);
    expect(Date.parse(new X509Certificate(certificate).validTo)).toBe(view!.ends.getTime());
  });

  test('writes dates as the SDK reads them: fifteen characters from 2050 on', async () => {
    await openAuthority(here);
    const { der } = (await renewAuthority(here, now))!;
    expect(Buffer.from(der).toString('latin1')).toContain('\x18\x0f20701231000000Z');
  });

  test('is done once a year', async () => {
    await openAuthority(here);
    const first = await renewAuthority(here, now);
    expect(await renewAuthority(here, now)).toBeUndefined();
    expect((await showAuthority(here)).fingerprint).toBe(first!.fingerprint);
  });

  test('of nothing makes nothing', async () => {
    await expect(renewAuthority(here, now)).rejects.toMatchObject({ code: 'authority-missing' });
    expect(await fs.readdir(root)).toEqual([]);
  });
});
