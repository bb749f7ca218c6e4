import { expectProblem, get, GRANT, post, send, startServer, type TestServer } from '../support/server.js';
import { sendRaw } from '../support/raw-http.js';

describe('problems', () => {
  let server: TestServer;
  beforeAll(
    async () => (server = await startServer({ settings: { bodyLimit: 16_384, requestTimeout: 1_000 } })),
  );
  afterAll(() => server.close());

  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const withContext = (json: string): string =>
    JSON.stringify({ ...GRANT, request_context: 0 }).replace(':0}', `:${json}}`);

  it.each([
    ['no JSON', '{"subject":'],
    ['trailing data', '{} {}'],
    ['a comment', '{} // done'],
    ['NaN', '{"ttl_seconds":NaN}'],
    ['a number beyond a double', withContext('{"n":1e999}')],
    ['a byte order mark', `\ufeff${JSON.stringify(GRANT)}`],
    ['a prototype', '{"__proto__":{"admin":true}}'],
    ['a prototype by its constructor', '{"constructor":{"prototype":{}}}'],
    ['a list', '[]'],
    ['null', 'null'],
    ['text', '"text"'],
    ['a number', '7'],
    ['a lone surrogate in a value', JSON.stringify({ ...GRANT, subject: 'x\ud800' })],
    ['a lone surrogate in a name', withContext('{"\\ud800":1}')],
    ['a lone surrogate deep in the context', withContext('{"a":[{"b":"\\udfff"}]}')],
    ['nesting one too deep', withContext(nested(32))],
    ['nesting of 5,000', withContext(nested(2_000))],
    ['the same member twice', JSON.stringify(GRANT).replace('{', '{"subject":"a",')],
  ])('refuses a body with %s', async (_name, body) => {
    expectProblem(await post(server, '/token', body), 400, 'invalid_request');
  });

  it('takes nesting up to the limit', async () => {
    expect((await post(server, '/token', withContext(nested(31)))).status).toBe(200);
  });

  it('refuses a body that is not UTF-8', async () => {
    const body = Buffer.from([...Buffer.from('{"subject":"'), 0xff, 0xfe, ...Buffer.from('"}')]);
    const head = `POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    const answer = await sendRaw(
      server.url,
      Buffer.concat([Buffer.from(`${head}Connection: close\r\n\r\n`), body]),
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('application/problem+json');
    expect(answer).toContain('UTF-8');
  });

  it('refuses a body over the limit with 413', async () => {
    const answer = await post(server, '/token', { ...GRANT, subject: 'x'.repeat(20_000) });
    expectProblem(answer, 413, 'invalid_request');
  });

  it.each([
    'application/x-www-form-urlencoded',
    'text/plain',
    'application/xml',
    'multipart/form-data; boundary=x',
  ])('refuses %s with 415', async (type) => {
    const response = await fetch(`${server.url}/token`, {
      method: 'POST',
      body: 'a=b',
      headers: { 'content-type': type },
    });
    const answer = { status: response.status, headers: response.headers, body: await response.json() };
    expectProblem(answer, 415, 'invalid_request');
  });

  it.each([
    '/',
    '/nope',
    '/token/',
    '/TOKEN',
    '/keys',
    '/envelope',
    `/${'x'.repeat(500)}`,
    '/nope?token=secret-in-query',
  ])('answers 404 to %s and does not echo it', async (path) => {
    const answer = await get(server, path);
    expectProblem(answer, 404, 'not_found');
    if (path.length > 1) expect(JSON.stringify(answer.body)).not.toContain(path.slice(1));
  });

  it.each([
    ['GET', '/token', 'POST'],
    ['DELETE', '/token', 'POST'],
    ['PUT', '/envelope/encrypt', 'POST'],
    ['GET', '/envelope/decrypt', 'POST'],
    ['GET', '/keys/rotate', 'POST'],
    ['POST', '/keys/jwks', 'GET, HEAD'],
    ['OPTIONS', '/token', 'POST'],
    ['POST', '/readyz', 'GET, HEAD'],
  ])('answers 405 to %s %s and says what is allowed', async (method, path, allow) => {
    const answer = await send(server.url, method, path);
    expectProblem(answer, 405, 'method_not_allowed');
    expect(answer.headers.get('allow')).toBe(allow);
  });

  it.each([
    ['bytes that are not HTTP', 'hello\r\n\r\n', 400],
    ['a broken percent-encoding', 'GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
    [
      'two lengths',
      'POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{',
      400,
    ],
    [
      'a length and chunks',
      'POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['headers that are too large', `GET / HTTP/1.1\r\nHost: x\r\nX-Big: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('answers %s with a problem', async (_name, request, status) => {
    const answer = await sendRaw(server.url, request);
    const [head, body] = answer.split('\r\n\r\n') as [string, string];
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head.toLowerCase()).toContain('content-type: application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status, error: 'invalid_request' });
  });

  it('gives up on a request that does not arrive in time', async () => {
    const answer = await sendRaw(
      server.url,
      'POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{',
    );
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('application/problem+json');
  });

  it('names each request by an id that the answer, the problem and the log share', async () => {
    const answer = await get(server, '/nope');
    const id = answer.headers.get('x-request-id')!;
    expect(answer.body.instance).toBe(`urn:kkp:request:${id}`);
    expect(server.logs.filter((line) => line.request_id === id)).not.toHaveLength(0);
  });

  it('takes a caller’s request id when it is well-formed, and only then', async () => {
    const ask = (id: string) => fetch(`${server.url}/livez`, { headers: { 'x-request-id': id } });
    expect((await ask('trace-42')).headers.get('x-request-id')).toBe('trace-42');
    expect((await ask('a b"}{')).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});
