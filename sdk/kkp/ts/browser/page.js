/* global AbortSignal, Blob, Response, TextDecoder, TextEncoder, WritableStream, atob, btoa, crypto, location */
import {
  KeySetError,
  KkpClient,
  KkpStreamError,
  TokenError,
  createRemoteJwks,
  decryptBytes,
  decryptStream,
  encryptBytes,
  encryptStream,
  generateDpopKey,
  importDpopKey,
  importJwks,
  jwkThumbprint,
  verifyToken,
} from 'kkp-sdk';
import { nobleEd25519 } from '../dist/crypto/noble.js';
import { makeNobleKey } from '../dist/dpop/noble-key.js';
import { supportsWebCryptoEd25519, webCryptoEd25519 } from '../dist/crypto/webcrypto.js';

const vectors = await (await fetch('/test/vectors/tokens.json')).json();
const optional = await (await fetch('/test/vectors/optional-claims.json')).json();
const streams = await (await fetch('/test/vectors/streams.json')).json();
const failures = [];
let passed = 0;

/** @param {string} name @param {unknown} actual @param {unknown} expected compared as JSON, so in the same order of members */
function expectEqual(name, actual, expected) {
  if (JSON.stringify(actual) === JSON.stringify(expected)) passed += 1;
  else failures.push(`${name}: got ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`);
}

async function judge({ token, keys, options }, ed25519) {
  try {
    return await verifyToken(token, importJwks(keys, ed25519), {
      now: () => options.now * 1000,
      maxLifetimeSeconds: options.max_lifetime_seconds,
      clockSkewSeconds: options.clock_skew_seconds,
      ...(options.audience !== undefined && { audience: options.audience }),
      ...(options.issuer !== undefined && { issuer: options.issuer }),
      ...(options.typ !== undefined && { typ: options.typ }),
      extraClaims: options.extra_claims,
    });
  } catch (error) {
    if (error instanceof TokenError) return error.reason;
    return error instanceof KeySetError ? error.code : String(error);
  }
}

async function runVectors(path, ed25519) {
  for (const { keys: shared, cases } of [vectors, optional]) {
    for (const { keys = shared, ...vector } of cases) {
      const expected = vector.verdict === 'accept' ? vector.claims : vector.reason;
      expectEqual(`${path}: ${vector.name}`, await judge({ ...vector, keys }, ed25519), expected);
    }
  }
}

async function runClient() {
  const codeOf = (call) => call.then(() => 'no error').catch((error) => error.code);
  const client = new KkpClient({ baseUrl: location.origin });
  expectEqual('the client fetches keys', (await client.fetchJwks()).keys.length, 4);
  const moved = new KkpClient({ baseUrl: `${location.origin}/moved` });
  expectEqual('the client refuses a redirect', await codeOf(moved.fetchJwks()), 'bad_response');
  const silent = new KkpClient({ baseUrl: `${location.origin}/silent` });
  expectEqual('the client times out', await codeOf(silent.fetchJwks({ timeoutMs: 50 })), 'timeout');
  expectEqual(
    'the client aborts',
    await codeOf(silent.fetchJwks({ signal: AbortSignal.abort() })),
    'aborted',
  );
  const nowhere = new KkpClient({ baseUrl: `${location.origin}/cut` });
  expectEqual('the client reports a cut connection', await codeOf(nowhere.fetchJwks()), 'connection_failed');
  const good = vectors.cases.find(({ verdict }) => verdict === 'accept');
  const remote = createRemoteJwks(`${location.origin}/keys/jwks`);
  const now = () => good.options.now * 1000;
  const claims = await verifyToken(good.token, remote, { now });
  expectEqual('a remote key set verifies a token', claims, good.claims);
}

const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));
const sorted = (envelope) => JSON.stringify(Object.entries(envelope).sort());

async function openDataKey(envelope) {
  const found = streams.data_keys.find((each) => sorted(each.envelope) === sorted(envelope));
  if (!found) throw new Error('envelope_refused');
  return fromHex(found.data_key);
}

async function judgeStream({ sealed, associated_data }) {
  try {
    const options = { associatedData: fromHex(associated_data) };
    return toHex(await decryptBytes(openDataKey, fromHex(sealed), options));
  } catch (error) {
    return error instanceof KkpStreamError ? error.reason : error.message;
  }
}

async function runStreams() {
  for (const vector of streams.cases) {
    const expected = vector.verdict === 'accept' ? vector.plaintext : vector.reason;
    expectEqual(`stream: ${vector.name}`, await judgeStream(vector), expected);
  }
  const [{ envelope, data_key }] = streams.data_keys;
  const dataKey = { envelope, plaintext: fromHex(data_key) };
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  const blob = new Blob(Array(40).fill(bytes));
  const piped = blob.stream().pipeThrough(encryptStream(dataKey)).pipeThrough(decryptStream(openDataKey));
  const opened = new Uint8Array(await new Response(piped).arrayBuffer());
  expectEqual('a blob goes through both streams', toHex(opened), toHex(bytes).repeat(40));
  const cut = (await encryptBytes(dataKey, bytes)).subarray(0, -1);
  const reading = new Blob([cut])
    .stream()
    .pipeThrough(decryptStream(openDataKey))
    .pipeTo(new WritableStream());
  const reason = await reading.then(() => 'no error').catch((error) => error.reason);
  expectEqual('a cut stream fails what reads it', reason, 'not_authentic');
}

const utf8 = (text) => new TextEncoder().encode(text);
const fromBase64url = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (unit) => unit.charCodeAt(0));
const toBase64url = (text) => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

const SCHEMES = {
  ES256: [
    { name: 'ECDSA', namedCurve: 'P-256' },
    { name: 'ECDSA', hash: 'SHA-256' },
  ],
  EdDSA: ['Ed25519', 'Ed25519'],
};

/** What a request shows with a token that is bound to the key, whose proof is verified by the browser itself. */
async function runProof(name, key) {
  const jkt = await jwkThumbprint(key.publicJwk);
  const token = `a.${toBase64url(JSON.stringify({ cnf: { jkt } }))}.b`;
  let headers;
  const send = async (_url, init) => {
    headers = init.headers;
    return new Response('{}', { status: 503, headers: { 'content-type': 'application/json' } });
  };
  const client = new KkpClient({ baseUrl: location.origin, fetch: send, dpop: { key } });
  await client.decrypt({ token, envelope: {} }).catch(() => undefined);
  const [header, payload, signature] = headers.get('dpop').split('.');
  const { alg, jwk } = JSON.parse(new TextDecoder().decode(fromBase64url(header)));
  const [imported, signed] = SCHEMES[alg];
  const publicKey = await crypto.subtle.importKey('jwk', jwk, imported, true, ['verify']);
  const input = utf8(`${header}.${payload}`);
  const isGood = await crypto.subtle.verify(signed, publicKey, fromBase64url(signature), input);
  expectEqual(`a proof of ${name} is good`, [isGood, headers.get('authorization')], [true, `DPoP ${token}`]);
}

async function runProofs() {
  await runProof('ES256', await generateDpopKey('ES256'));
  await runProof('EdDSA', await generateDpopKey('EdDSA'));
  await runProof('@noble/ed25519', await makeNobleKey());
  const pair = await crypto.subtle.generateKey(SCHEMES.ES256[0], true, ['sign', 'verify']);
  await runProof('a pair', await importDpopKey(pair));
  await runProof('a JWK', await importDpopKey(await crypto.subtle.exportKey('jwk', pair.privateKey)));
}

try {
  expectEqual('the browser has Ed25519', await supportsWebCryptoEd25519(), true);
  await runVectors('WebCrypto', webCryptoEd25519);
  await runVectors('@noble/ed25519', nobleEd25519);
  await runClient();
  await runProofs();
  await runStreams();
} catch (error) {
  failures.push(`the page stopped: ${error}`);
}
await fetch('/result', { method: 'POST', body: JSON.stringify({ passed, failures }) });
