/* global AbortSignal, fetch, location */
import { KeySetError, KkpClient, TokenError, createRemoteJwks, importJwks, verifyToken } from 'kkp-sdk';
import { nobleEd25519 } from '../dist/crypto/noble.js';
import { supportsWebCryptoEd25519, webCryptoEd25519 } from '../dist/crypto/webcrypto.js';

const vectors = await (await fetch('/test/vectors/tokens.json')).json();
const failures = [];
let passed = 0;

/** @param {string} name @param {unknown} actual @param {unknown} expected compared as JSON, so in the same order of members */
function expectEqual(name, actual, expected) {
  if (JSON.stringify(actual) === JSON.stringify(expected)) passed += 1;
  else failures.push(`${name}: got ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`);
}

async function judge({ token, keys = vectors.keys, options }, ed25519) {
  try {
    return await verifyToken(token, importJwks(keys, ed25519), {
      now: () => options.now * 1000,
      maxLifetimeSeconds: options.max_lifetime_seconds,
      clockSkewSeconds: options.clock_skew_seconds,
      ...(options.audience !== undefined && { audience: options.audience }),
      extraClaims: options.extra_claims,
    });
  } catch (error) {
    if (error instanceof TokenError) return error.reason;
    return error instanceof KeySetError ? error.code : String(error);
  }
}

async function runVectors(path, ed25519) {
  for (const vector of vectors.cases) {
    const expected = vector.verdict === 'accept' ? vector.claims : vector.reason;
    expectEqual(`${path}: ${vector.name}`, await judge(vector, ed25519), expected);
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

try {
  expectEqual('the browser has Ed25519', await supportsWebCryptoEd25519(), true);
  await runVectors('WebCrypto', webCryptoEd25519);
  await runVectors('@noble/ed25519', nobleEd25519);
  await runClient();
} catch (error) {
  failures.push(`the page stopped: ${error}`);
}
await fetch('/result', { method: 'POST', body: JSON.stringify({ passed, failures }) });
