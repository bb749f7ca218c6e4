import { athOf, proofMaker, type ProofMaker } from '../support/dpop.js';
import {
  expectProblem,
  issueToken,
  seal,
  startServer,
  type Answer,
  type TestServer,
} from '../support/server.js';

const ALGS = 'algs="ES256 EdDSA Ed25519 PS256 RS256"';

let server: TestServer;
let client: ProofMaker;
let thief: ProofMaker;
let envelope: Record<string, string>;
/** Bound to the client's key; bound to a certificate; bound to nothing. */
let bound: string;
let certified: string;
let free: string;

beforeAll(async () => {
  server = await startServer();
  [client, thief] = [await proofMaker('ES256'), await proofMaker('EdDSA')];
  envelope = await seal(server);
  bound = await issueToken(server, { cnf: { jkt: client.jkt } });
  certified = await issueToken(server, { cnf: { 'x5t#S256': client.jkt } });
  free = await issueToken(server);
});

afterAll(() => server.close());

const urlOf = (path: string): string => server.url + path;

async function ask(path: string, body: object, headers: HeadersInit = {}): Promise<Answer> {
  const response = await fetch(urlOf(path), {
    method: 'POST',
    headers: [['content-type', 'application/json'], ...new Headers(headers).entries()],
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const prove = (token: string, changes: object = {}, path = '/envelope/decrypt', by = client) =>
  by.prove({ htm: 'POST', htu: urlOf(path), ath: athOf(token), ...changes });

describe('a token that is bound to a DPoP key', () => {
  it.each(['/envelope/decrypt', '/envelope/rewrap'])(
    'opens %s from the body, with its proof',
    async (path) => {
      const dpop = await prove(bound, {}, path);
      expect(await ask(path, { token: bound, envelope }, { dpop })).toMatchObject({ status: 200 });
    },
  );

  it.each(['/envelope/decrypt', '/envelope/rewrap'])('opens %s with the scheme DPoP', async (path) => {
    const headers = { dpop: await prove(bound, {}, path), authorization: `DPoP ${bound}` };
    expect(await ask(path, { envelope }, headers)).toMatchObject({ status: 200 });
  });

  it('says in its claims what it is bound to', async () => {
    const answer = await ask('/envelope/decrypt', { token: bound, envelope }, { dpop: await prove(bound) });
    expect(answer.body).toMatchObject({ plaintext: 'attack at dawn', claims: { cnf: { jkt: client.jkt } } });
  });

  it.each<[string, 'body' | 'Bearer' | 'DPoP', (() => ProofMaker) | undefined]>([
    ['in the body alone', 'body', undefined],
    ['as Bearer', 'Bearer', undefined],
    ['as Bearer with its proof', 'Bearer', () => client],
    ['with a proof of another key', 'body', () => thief],
    ['with the scheme DPoP and a proof of another key', 'DPoP', () => thief],
  ])('is refused %s', async (_name, place, by) => {
    const dpop = by && { dpop: await prove(bound, {}, '/envelope/decrypt', by()) };
    const [body, header] =
      place === 'body' ? [{ token: bound }, {}] : [{}, { authorization: `${place} ${bound}` }];
    const answer = await ask('/envelope/decrypt', { ...body, envelope }, { ...header, ...dpop });
    expectProblem(answer, 401, 'invalid_token');
    expect(answer.headers.get('www-authenticate')).toBe(`DPoP error="invalid_token", ${ALGS}`);
  });

  it.each<[string, () => string | Promise<string>]>([
    ['for another token', () => prove(free)],
    ['for no token', () => prove(bound, { ath: undefined })],
    ['for another route', () => prove(bound, {}, '/envelope/rewrap')],
    ['for another method', () => prove(bound, { htm: 'GET' })],
    ['for another host', () => prove(bound, { htu: 'http://evil/envelope/decrypt' })],
    ['for a URL with a query', () => prove(bound, { htu: urlOf('/envelope/decrypt?a') })],
    ['of a minute and more ago', () => prove(bound, { iat: now() - 90 })],
    ['of the future', () => prove(bound, { iat: now() + 60 })],
    ['that is none', () => 'proof'],
    ['that is empty', () => ''],
    ['that is the token', () => bound],
    ['that is spoilt', async () => `${(await prove(bound)).slice(0, -4)}AAAA`],
  ])('is refused with a proof %s', async (_name, proof) => {
    const answer = await ask('/envelope/decrypt', { token: bound, envelope }, { dpop: await proof() });
    expectProblem(answer, 401, 'invalid_dpop_proof');
    expect(answer.headers.get('www-authenticate')).toBe(`DPoP error="invalid_dpop_proof", ${ALGS}`);
  });

  it('is refused with two proofs', async () => {
    const headers = new Headers([
      ['dpop', await prove(bound)],
      ['dpop', await prove(bound)],
    ]);
    const answer = await ask('/envelope/decrypt', { token: bound, envelope }, headers);
    expectProblem(answer, 401, 'invalid_dpop_proof');
  });

  it('is refused with a proof that was used, on the same route or for what did not come off', async () => {
    const used = { dpop: await prove(bound) };
    await ask('/envelope/decrypt', { token: bound, envelope }, used);
    expectProblem(
      await ask('/envelope/decrypt', { token: bound, envelope }, used),
      401,
      'invalid_dpop_proof',
    );
    const wasted = { dpop: await prove(bound) };
    expect((await ask('/envelope/decrypt', { token: bound, other: 1 }, wasted)).status).toBe(400);
    expectProblem(
      await ask('/envelope/decrypt', { token: bound, envelope }, wasted),
      401,
      'invalid_dpop_proof',
    );
  });

  it('opens once with one proof, of 20 requests at the same time', async () => {
    const dpop = await prove(bound);
    const all = await Promise.all(
      Array.from({ length: 20 }, () => ask('/envelope/decrypt', { token: bound, envelope }, { dpop })),
    );
    expect(all.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(19).fill(401)]);
  });
});

const now = () => Math.floor(Date.now() / 1000);

describe('the scheme DPoP', () => {
  it('wants a proof, before the body is read', async () => {
    const response = await fetch(urlOf('/envelope/decrypt'), {
      method: 'POST',
      headers: { authorization: `DPoP ${bound}`, 'content-type': 'application/json' },
      body: 'no JSON',
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_dpop_proof"');
  });

  it.each(['free', 'certified'])('is refused of a token that is bound to no DPoP key (%s)', async (name) => {
    const token = name === 'free' ? free : certified;
    const headers = { authorization: `DPoP ${token}`, dpop: await prove(token) };
    expectProblem(await ask('/envelope/decrypt', { envelope }, headers), 401, 'invalid_token');
  });
});

describe('a token that is bound to no DPoP key', () => {
  it('needs none, and is refused beside a proof', async () => {
    expect((await ask('/envelope/decrypt', { token: free, envelope })).status).toBe(200);
    const headers = { dpop: await prove(free) };
    expectProblem(await ask('/envelope/decrypt', { token: free, envelope }, headers), 401, 'invalid_token');
  });

  it.each(['body', 'Bearer'])('is refused in the %s when it is bound to a certificate', async (place) => {
    const [body, headers] =
      place === 'body' ? [{ token: certified }, {}] : [{}, { authorization: `Bearer ${certified}` }];
    const answer = await ask('/envelope/decrypt', { ...body, envelope }, headers);
    expectProblem(answer, 401, 'invalid_token');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });
});

describe('one proof for a batch', () => {
  it('is for each item with its token; others are refused alone', async () => {
    const other = await issueToken(server, { cnf: { jkt: client.jkt } });
    const stolen = await issueToken(server, { cnf: { jkt: thief.jkt } });
    const items = [bound, free, other, stolen, certified, bound].map((token) => ({ token, envelope }));
    const dpop = await prove(bound, {}, '/envelope/decrypt/batch');
    const answer = await ask('/envelope/decrypt/batch', { items }, { dpop });
    const { results } = answer.body as { results: { status: number; body: { error?: string } }[] };
    expect(results.map(({ status, body }) => [status, body.error])).toEqual([
      [200, undefined],
      [401, 'invalid_token'],
      [401, 'invalid_dpop_proof'],
      [401, 'invalid_token'],
      [401, 'invalid_token'],
      [200, undefined],
    ]);
    expectProblem(await ask('/envelope/decrypt/batch', { items }, { dpop }), 401, 'invalid_dpop_proof');
  });

  it('may be for the token in the header', async () => {
    const headers = {
      authorization: `DPoP ${bound}`,
      dpop: await prove(bound, {}, '/envelope/rewrap/batch'),
    };
    const answer = await ask(
      '/envelope/rewrap/batch',
      { items: [{ envelope }, { token: bound, envelope }] },
      headers,
    );
    expect(answer.body).toMatchObject({ results: [{ status: 200 }, { status: 400 }] });
  });
});

describe('the server’s settings', () => {
  it('say under which URL proofs are for it, and how many it remembers', async () => {
    const settings = { publicUrl: 'https://kms.example/v1', dpopMaxProofs: 2 };
    const proxied = await startServer({ settings });
    const token = await issueToken(proxied, { cnf: { jkt: client.jkt } });
    const sealed = await seal(proxied);
    const open = async (htu: string) => {
      const headers = { 'content-type': 'application/json', dpop: await prove(token, { htu }) };
      const body = JSON.stringify({ token, envelope: sealed });
      return fetch(`${proxied.url}/envelope/decrypt`, { method: 'POST', headers, body });
    };
    const public_ = 'https://kms.example/v1/envelope/decrypt';
    expect((await open(`${proxied.url}/envelope/decrypt`)).status).toBe(401);
    expect((await open(public_)).status).toBe(200);
    expect((await open(public_)).status).toBe(200);
    const full = await open(public_);
    expect(full.status).toBe(429);
    expect(full.headers.get('retry-after')).toBe('60');
    await proxied.close();
  });

  it.each(['kms.example', 'ftp://kms.example', 'https://kms.example/?a', 'https://me@kms.example', ''])(
    'do not take %p for a public URL',
    async (publicUrl) => {
      await expect(startServer({ overrides: { publicUrl } })).rejects.toThrow('publicUrl');
    },
  );

  it.each([0, 1.5, Number.NaN, 1e9])('do not take %p for a number of proofs', async (maxProofs) => {
    await expect(startServer({ overrides: { dpop: { maxProofs } } })).rejects.toThrow('dpop.maxProofs');
  });
});
