import { describe, expect, test } from 'vitest';
import { parseLines } from './line-protocol';

const parse = (text: string, precision: Parameters<typeof parseLines>[2] = 'ns') => [
  ...parseLines(text, 'app', precision),
];
const messages = (text: string) =>
  parse(text).map((parsed) => ('message' in parsed ? JSON.parse(parsed.message) : parsed.error));

describe('line protocol', () => {
  test('becomes messages: measurement, tags, fields of every type, time in milliseconds', () => {
    expect(
      messages(
        'weather,location=us-midwest,season=summer temperature=82.5,n=7i,u=9u,ok=t,s="a b" 1465839830100400200',
      ),
    ).toEqual([
      {
        app_id: 'app',
        dev_id: 'weather',
        time: 1465839830100,
        payload_fields: { temperature: 82.5, n: 7, u: 9, ok: true, s: 'a b' },
        tag_fields: { location: 'us-midwest', season: 'summer' },
      },
    ]);
  });

  test('has no time where the line has none', () => {
    expect(messages('m f=1')).toEqual([{ app_id: 'app', dev_id: 'm', payload_fields: { f: 1 } }]);
  });

  test('takes every precision, and rounds down, before 1970 too', () => {
    for (const [precision, timestamp, time] of [
      ['ns', '1999999', 1],
      ['ns', '-1', -1],
      ['us', '1999', 1],
      ['ms', '7', 7],
      ['s', '-7', -7000],
      ['m', '2', 120_000],
      ['h', '1', 3_600_000],
    ] as const)
      expect(parse(`m f=1 ${timestamp}`, precision)).toMatchObject([
        { message: expect.stringContaining(`"time":${time},`) },
      ]);
  });

  test('knows what is escaped, and where', () => {
    expect(messages(String.raw`my\,m\ x=y,tag\ k\==v\,\ w\\x f\,\ \=k="say \"hi\" c:\\x \n",g=1`)).toEqual([
      {
        app_id: 'app',
        dev_id: 'my,m x=y',
        payload_fields: { 'f, =k': String.raw`say "hi" c:\x \n`, g: 1 },
        tag_fields: { 'tag k=': String.raw`v, w\\x` },
      },
    ]);
  });

  test('keeps the digits of numbers beyond 2⁵³', () => {
    const [parsed] = parse('m i=9223372036854775807i,u=18446744073709551615u,f=0.10');
    expect(parsed).toMatchObject({
      message: expect.stringContaining('{"i":9223372036854775807,"u":18446744073709551615,"f":0.10}'),
    });
  });

  test('takes floats that JSON does not write so', () => {
    expect(messages('m a=1.,b=.5,c=+3,d=007,e=1e3,f=-0i')).toMatchObject([
      { payload_fields: { a: 1, b: 0.5, c: 3, d: 7, e: 1000, f: 0 } },
    ]);
  });

  test('passes comments, empty lines and carriage returns, and texts that run over lines', () => {
    const text = '# comment\r\n\r\n  \nm f="a\nb" 1\r\nm f=2\r\n';
    expect(parse(text).map(({ line }) => line)).toEqual([4, 6]);
    expect(messages(text)).toMatchObject([{ payload_fields: { f: 'a\nb' } }, { payload_fields: { f: 2 } }]);
  });

  test('names the line that is wrong, and takes the others', () => {
    const wrong = [
      'm',
      'm ',
      ',t=1 f=1',
      'm,t f=1',
      'm,t= f=1',
      'm f',
      'm f=',
      'm f=x',
      'm f=1 2 3',
      'm f=1 x',
    ];
    const text = wrong.map((line) => `${line}\nok f=1\n`).join('');
    const parsed = parse(text);
    expect(parsed.filter((each) => 'message' in each)).toHaveLength(wrong.length);
    const errors = parsed.filter((each) => 'error' in each);
    expect(errors.map(({ line }) => line)).toEqual(wrong.map((_, index) => 2 * index + 1));
    expect(parse('m f="open')).toEqual([{ line: 1, error: 'a text does not end' }]);
  });

  test('keeps keys that are called as what objects inherit', () => {
    expect(parse('m,__proto__=t __proto__=1,constructor=2')).toMatchObject([
      {
        message: expect.stringContaining(
          '"payload_fields":{"__proto__":1,"constructor":2},"tag_fields":{"__proto__":"t"}',
        ),
      },
    ]);
  });
});
