/** What once stood in several places, each a little otherwise, stands in one. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const files = execFileSync('git', ['ls-files', '*.ts'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
const texts = files.map((file) => [file, readFileSync(join(root, file), 'utf8')] as const);

test.each([
  ['isLoopback', 'what a loopback address is', 'proto/loopback.ts'],
  ['partNameFault', 'what a part may be called', 'modules/config/part-name.ts'],
  ['bootText', 'a boot as text', 'modules/block/boot-text.ts'],
  ['blockName', 'the name of a block', 'modules/block/file.ts'],
  ['streamKey', 'the key of a stream on the page', 'gateway/page-api/stream-key.ts'],
  ['WallMapping', 'how monotonic time becomes wall time', 'modules/block/file.ts'],
  ['CallError', 'how a call fails', 'proto/call-error.ts'],
  ['Lifecycle', 'how programs end', 'common/lifecycle/lifecycle.ts'],
])('%s, %s, is defined in one place', (name, _what, place) => {
  const definition = new RegExp(`^\\s*(export )?(function|class|interface|type|const) ${name}\\b`, 'm');
  const found = texts.filter(([, text]) => definition.test(text)).map(([file]) => file);
  expect(found).toEqual([place]);
});

test('no other place than `bootText` writes a boot as text', () => {
  const written = /counter\}-\$\{[^}]*random[^}]*toString\(16\)/;
  const found = texts.filter(([file, text]) => written.test(text) && !file.includes('.test.'));
  expect(found.map(([file]) => file)).toEqual(['modules/block/boot-text.ts']);
});
