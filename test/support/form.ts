import type { Answer, TestServer } from './server.js';

/** Parameters of a form; a list is sent as often as it is long. */
export type Form = Readonly<Record<string, string | readonly string[] | undefined>>;

export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const JWT = 'urn:ietf:params:oauth:token-type:jwt';
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

export const detailsOf = (key: object, more: object = {}): string =>
  JSON.stringify([{ type: 'kkp_key', ...key, ...more }]);

export const DETAILS = detailsOf({ backend: 'aws', key_id: 'alias/orders' });

export function encodeForm(form: Form): string {
  const pairs = Object.entries(form).flatMap(([name, value]) =>
    [value ?? []].flat().map((text) => [name, text] as [string, string]),
  );
  return new URLSearchParams(pairs).toString();
}

export const basic = (id: string, secret: string): { authorization: string } => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
});

/** Sends a form; `body` as it is where it is text. */
export async function postForm(
  { url }: Pick<TestServer, 'url'>,
  path: string,
  body: Form | string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: typeof body === 'string' ? body : Buffer.isBuffer(body) ? new Uint8Array(body) : encodeForm(body),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
}

/** What every refusal by OAuth must be, whoever wrote it (RFC 6749 section 5.2). */
export function expectRefusal(answer: Answer, status: number, error: string): void {
  expect([answer.status, answer.body]).toEqual([
    status,
    { error, error_description: expect.stringMatching(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/) as string },
  ]);
  expect(answer.headers.get('content-type')).toMatch(/^application\/json(;|$)/);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.has('www-authenticate')).toBe(status === 401);
}
