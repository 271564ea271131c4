import { expect, test } from 'vitest';
import { viamCloudOf } from './viam-cloud';

const of = (cloud: object | undefined, environment = {}) =>
  viamCloudOf(JSON.stringify({ cloud }), environment);

test('a machine without a cloud sends nothing to Viam', () => {
  expect(of(undefined)).toBeUndefined();
});

test('takes the part’s secret or an API key, and where the cloud is', () => {
  expect(of({ id: 'part', secret: 's' })).toEqual({
    address: 'https://app.viam.com',
    partId: 'part',
    credentials: { type: 'robot-secret', entity: 'part', payload: 's' },
  });
  const key = { id: 'part', api_key: { id: 'k', key: 'v' }, app_address: 'http://127.0.0.1:9' };
  expect(of(key)).toEqual({
    address: 'http://127.0.0.1:9',
    partId: 'part',
    credentials: { type: 'api-key', entity: 'k', payload: 'v' },
  });
});

test('is read from a configuration with comments', () => {
  expect(viamCloudOf('{ // of the greenhouse\n"cloud": { "id": "part", "secret": "s" } }')).toBeDefined();
});

test('takes the secret from the environment', () => {
  expect(of({ id: 'part' }, { SLUICE_VIAM_SECRET: 'e' })?.credentials.payload).toBe('e');
});

test('names what is wrong, and no secret', () => {
  expect(() => of({ id: 'part' })).toThrow('SLUICE_VIAM_SECRET');
  expect(() => of({ id: '', secret: 'hidden' })).toThrow(/^cloud\.id/);
  expect(() => of({ id: 'p', secret: 'hidden', app_address: 'ftp://x' })).toThrow(
    /^cloud\.app_address(?!.*hidden)/,
  );
});
