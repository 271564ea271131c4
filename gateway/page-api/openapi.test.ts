import { expect, test } from 'vitest';
import type { ApiOptions } from './server';
import { openApi } from './server';

/** What the page is made of, and what a browser's login needs, are no programs' business. */
const ofPage = /^\S+ \/(page\.js|page\.css|icon\.svg|login|logout)?$/;

/** `GET /api/state`, from the tree as it is printed: a piece of the path a line, below that before it. */
function routesOf(tree: string): string[] {
  const pieces: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent, piece, methods = ''] = /^(.*?)[├└]── (\S*)(?: \((.*)\))?$/.exec(line) ?? [];
    if (piece === undefined) return [];
    pieces.length = indent!.length / 4;
    pieces.push(piece);
    const named = methods.split(', ').filter((method) => method !== '' && method !== 'HEAD');
    return named.map((method) => `${method} ${pieces.join('')}`);
  });
}

test('describes the routes that there are, and no other', async () => {
  const server = await openApi({ access: { host: '127.0.0.1' }, port: 0, page: '' } as ApiOptions);
  try {
    const { port } = server.server.address() as { port: number };
    const answer = await fetch(`http://127.0.0.1:${port}/openapi.json`);
    const { openapi, paths } = (await answer.json()) as { openapi: string; paths: Record<string, object> };
    expect(openapi).toMatch(/^3\./);
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const there = routesOf(server.printRoutes({ commonPrefix: false })).filter(
      (route) => !ofPage.test(route),
    );
    expect(there.length).toBeGreaterThan(5);
    expect(described.sort()).toEqual(there.sort());
  } finally {
    await server.close();
  }
});
