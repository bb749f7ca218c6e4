import {
  emulations,
  expectProblem,
  get,
  GRANT,
  post,
  send,
  startServer,
  type TestServer,
} from '../support/server.js';
import { alteredPlugin } from '../support/altered-plugin.js';
import { openRaw, rawRequest, sendRaw, splitAnswers } from '../support/raw-http.js';

describe('problems', () => {
  let server: TestServer;
  beforeAll(
    async () => (server = await startServer({ settings: { bodyLimit: 16_384, requestTimeout: 1_000 } })),
  );
  afterAll(() => server.close());

  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const withContext = (json: string): string =>
    JSON.stringify({ ...GRANT, request_context: 0 }).replace(':0}', `:${json}}`);

  const postWith = async (headers: Record<string, string>) => {
    const body = JSON.stringify(GRANT);
    const response = await fetch(`${server.url}/token`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };

  it.each([
    ['no JSON', '{"subject":'],
    ['trailing data', '{} {}'],
    ['a comment', '{} // done'],
    ['NaN', '{"ttl_seconds":NaN}'],
    ['a number beyond a double', withContext('{"n":1e999}')],
    ['an integer that doubles do not tell from others', withContext('{"n":9007199254740993}')],
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

  it('takes integers up to 2^53 - 1', async () => {
    expect(
      (await post(server, '/token', withContext('{"n":[9007199254740991,-9007199254740991]}'))).status,
    ).toBe(200);
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

  it.each(['gzip', 'br', 'identity, gzip', 'x-unknown'])(
    'refuses Content-Encoding %s with 415 and says what is allowed',
    async (encoding) => {
      const answer = await postWith({ 'content-encoding': encoding });
      expectProblem(answer, 415, 'invalid_request');
      expect(answer.body.detail).toContain('send no Content-Encoding');
    },
  );

  it.each(['utf-16', 'iso-8859-1', '"utf-16le"', 'x'])(
    'refuses charset %s with 415 and says what is allowed',
    async (charset) => {
      const answer = await postWith({ 'content-type': `application/json; charset=${charset}` });
      expectProblem(answer, 415, 'invalid_request');
      expect(answer.body.detail).toContain('charset=utf-8');
    },
  );

  it('reads the name of a charset parameter in any case', async () => {
    const answer = await postWith({ 'content-type': 'application/json; CHARSET=utf-16' });
    expectProblem(answer, 415, 'invalid_request');
  });

  it('takes an empty body for none where none is needed', async () => {
    const head =
      'POST /keys/rotate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 0\r\n';
    expect(await sendRaw(server.url, `${head}Connection: close\r\n\r\n`)).toMatch(/^HTTP\/1.1 201 /);
  });

  it.each([
    { 'content-encoding': 'identity' },
    { 'content-encoding': 'Identity' },
    { 'content-type': 'application/json; charset=utf-8' },
    { 'content-type': 'application/json;charset="UTF-8"' },
  ])('takes a body with %j', async (headers) => {
    expect((await postWith(headers)).status).toBe(200);
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
    ['GET', '/envelope/decrypt?token=x', 'POST'],
    ['GET', '/envelope/rewrap', 'POST'],
    ['PUT', '/datakey', 'POST'],
    ['GET', '/keys/rotate', 'POST'],
    ['POST', '/keys/jwks', 'GET, HEAD'],
    ['OPTIONS', '/token', 'POST'],
    ['POST', '/readyz', 'GET, HEAD'],
  ])('answers 405 to %s %s and says what is allowed', async (method, path, allow) => {
    const answer = await send(server.url, method, path);
    expectProblem(answer, 405, 'method_not_allowed');
    expect(answer.headers.get('allow')).toBe(allow);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it.each([
    ['bytes that are not HTTP', 'hello\r\n\r\n', 400],
    [
      'a broken percent-encoding',
      rawRequest('GET', '/%zz', undefined, ['Host: x', 'Connection: close']),
      400,
    ],
    [
      'two lengths',
      rawRequest('POST', '/token', undefined, ['Host: x', 'Content-Length: 1', 'Content-Length: 2']),
      400,
    ],
    [
      'a length and chunks',
      rawRequest('POST', '/token', '{', ['Host: x', 'Transfer-Encoding: chunked']),
      400,
    ],
    ['headers that are too large', rawRequest('GET', '/', undefined, [`X-Big: ${'x'.repeat(20_000)}`]), 431],
    ['headers that never end', rawRequest('GET', '/', undefined, [`X-Big: ${'x'.repeat(2_000_000)}`]), 431],
    [
      'extensions of a chunk that are too large',
      `POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}`,
      413,
    ],
    ['no host', rawRequest('GET', '/livez', undefined, ['Connection: close']), 400],
    ['two hosts', rawRequest('GET', '/livez', undefined, ['Host: x', 'host: x', 'Connection: close']), 400],
    ['an unknown expectation', rawRequest('POST', '/token', GRANT, ['Host: x', 'Expect: foo']), 417],
    ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', 405],
  ])('answers %s with one problem, a line in the log and a count', async (_name, request, status) => {
    const before = await unmatched(status);
    const [answer, ...others] = splitAnswers(await sendRaw(server.url, request));
    expect(others).toEqual([]);
    expect(answer?.status).toBe(status);
    expect(answer?.head).toMatch(/^content-type: application\/problem\+json(; charset=utf-8)?$/im);
    expect(answer?.head).toMatch(/^cache-control: no-store$/im);
    expect(answer?.head).toMatch(/^connection: close$/im);
    const problem = JSON.parse(answer!.body) as { instance: string };
    expect(problem).toMatchObject({
      status,
      error: status === 405 ? 'method_not_allowed' : 'invalid_request',
    });
    const id = problem.instance.replace('urn:kkp:request:', '');
    expect(answer?.head.toLowerCase()).toContain(`x-request-id: ${id}`);
    const lines = server.logs.filter((line) => line.request_id === id);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ msg: 'request', status });
    expect((await unmatched(status)) - before).toBe(request.includes('/livez') ? 0 : 1);
  });

  it('allows a tunnel no method', async () => {
    expect(await sendRaw(server.url, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n')).toMatch(/^allow: ?\r$/im);
  });

  /** How many answers with this status no route gave, by the metrics. */
  async function unmatched(status: number): Promise<number> {
    const { body } = await get(server, '/metrics');
    const counts = (body as string).matchAll(
      new RegExp(
        `^kkp_http_requests_total\\{route="unmatched",method="\\w+",status="${status}"\\} (\\d+)$`,
        'gm',
      ),
    );
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  it('takes the value of a header for no host', async () => {
    const headers = ['Host: x', 'X-Comment: host', 'Connection: close'];
    const answer = await sendRaw(server.url, rawRequest('GET', '/livez', undefined, headers));
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
  });

  it('takes a request of HTTP/1.0 without a host', async () => {
    expect(await sendRaw(server.url, 'GET /livez HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /);
  });

  it.each([
    ['a body that is not JSON', rawRequest('POST', '/token', '{"subject":'), 400],
    [
      'a body that is compressed',
      rawRequest('POST', '/token', GRANT, ['Host: x', 'Content-Encoding: gzip']),
      415,
    ],
    ['a body with an unknown member', rawRequest('POST', '/token', { ...GRANT, more: 1 }), 400],
    ['a broken percent-encoding', rawRequest('GET', '/%zz'), 400],
    ['another method', rawRequest('GET', '/token'), 405],
  ])('keeps the connection after %s', async (_name, request, status) => {
    const connection = openRaw(server.url);
    connection.socket.write(request);
    await connection.answered();
    connection.socket.write(rawRequest('POST', '/token', GRANT, ['Host: x', 'Connection: close']));
    expect(splitAnswers(await connection.closed).map((answer) => answer.status)).toEqual([status, 200]);
  });

  it('keeps a connection longer than load balancers do, and says how long', async () => {
    const connection = openRaw(server.url);
    connection.socket.write(rawRequest('GET', '/livez'));
    await connection.answered();
    connection.socket.end();
    expect(await connection.closed).toMatch(/^keep-alive: timeout=72\r$/im);
  });

  it('closes the connection after a body that it did not read to its end', async () => {
    const request = rawRequest('POST', '/token', 'x'.repeat(20_000));
    expect(splitAnswers(await sendRaw(server.url, request)).map(({ status }) => status)).toEqual([413]);
  });

  it('gives up on a request that does not arrive in time', async () => {
    const answer = await sendRaw(
      server.url,
      'POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{',
    );
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('application/problem+json');
    const id = /^x-request-id: (.*)$/im.exec(answer)?.[1];
    expect(answer).toContain(`urn:kkp:request:${id}`);
    expect(server.logs.filter((line) => line.request_id === id)).toMatchObject([
      { msg: 'request', status: 408, ms: 1000 },
    ]);
  });

  it('closes a connection on which nothing was asked without a word', async () => {
    expect(await openRaw(server.url).closed).toBe('');
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

describe('a connection that is busy with an answer', () => {
  let server: TestServer;
  let called: Promise<void>;
  let release: () => void;

  beforeEach(async () => {
    const gate = new Promise<void>((resolve) => (release = resolve));
    let call: () => void;
    called = new Promise((resolve) => (call = resolve));
    const [aws, ...others] = emulations();
    const slow = alteredPlugin(aws!, (backend) => ({
      generateDataKey: async (...args) => {
        call();
        await gate;
        return backend.generateDataKey!(...args);
      },
    }));
    server = await startServer({ backends: [slow, ...others] });
  });
  afterEach(() => server.close());

  const encrypt = rawRequest('POST', '/envelope/encrypt', {
    backend: 'aws',
    key_id: 'alias/orders',
    plaintext: 'attack at dawn',
  });

  it.each([
    ['bytes that are not HTTP', 'hello\r\n\r\n'],
    ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'],
  ])('gives the answer that was asked for, and no other, before %s', async (_name, rest) => {
    const connection = openRaw(server.url);
    connection.socket.write(encrypt + rest);
    await called;
    release();
    const answers = splitAnswers(await connection.closed);
    expect(answers.map(({ status }) => status)).toEqual([200]);
    expect(answers[0]?.head).toMatch(/^connection: close$/im);
  });
});
