import { get } from 'node:http';
import { rawRequest, sendRaw, splitAnswers } from '../support/raw-http.js';
import { startServer, type TestServer } from '../support/server.js';

const HERE = 'kms.example:8443';

describe('a request that a page made a browser send', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ settings: { callerRequests: 3 } });
  });
  afterAll(() => server.close());

  /** An empty body, for which no browser asks beforehand. */
  const rotate = async (...headers: string[]): Promise<{ status: number; error?: string }> => {
    const request = rawRequest('POST', '/keys/rotate', '', [
      `Host: ${HERE}`,
      'Connection: close',
      ...headers,
    ]);
    const [answer] = splitAnswers(await sendRaw(server.url, request));
    return { status: answer!.status, ...(JSON.parse(answer!.body) as object) };
  };

  it.each([
    ['Sec-Fetch-Site: cross-site'],
    ['Sec-Fetch-Site: same-site'],
    ['Sec-Fetch-Site: other'],
    ['Sec-Fetch-Site: '],
    ['Sec-Fetch-Site: same-origin, cross-site'],
    ['Sec-Fetch-Site: cross-site', `Origin: https://${HERE}`],
    ['Origin: https://elsewhere.example'],
    ['Origin: https://kms.example'],
    ['Origin: null'],
    ['Origin: '],
    ['Origin: https://kms.example:8443.elsewhere.example'],
  ])('is refused with %s, and counts for no caller', async (...headers) => {
    expect(await rotate(...headers)).toMatchObject({ status: 403, error: 'policy_denied' });
  });

  it.each([
    ['Sec-Fetch-Site: same-origin', 'Origin: https://elsewhere.example'],
    ['Sec-Fetch-Site: none'],
    [`Origin: https://${HERE}`],
  ])('is answered with %s', async (...headers) => {
    expect((await rotate(...headers)).status).toBe(201);
  });

  it('may read public keys from anywhere', async () => {
    const status = await new Promise((resolve) => {
      const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://elsewhere.example' };
      get(`${server.url}/keys/jwks`, { headers }, (answer) => resolve(answer.resume().statusCode));
    });
    expect(status).toBe(200);
  });
});
