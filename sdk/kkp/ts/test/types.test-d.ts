/** Never run: the compiler must take every line but those marked. */
import {
  type DataKey,
  type DecryptResult,
  type DpopKey,
  type DpopPublicJwk,
  type Ed25519Jwk,
  type Envelope,
  type GrantedToken,
  type JwkSet,
  type Jwks,
  type KkpErrorCode,
  type OpenDataKey,
  type TokenClaims,
  type TokenErrorReason,
  type TokenUse,
  KkpApiError,
  KkpClient,
  KkpError,
  TokenError,
  createRemoteJwks,
  decryptStream,
  encryptStream,
  generateDpopKey,
  importDpopKey,
  importJwks,
  jwkThumbprint,
  verifyToken,
} from '../src/index.js';

declare const envelope: Envelope;
declare const token: string;
declare const unknownJwks: unknown;
declare function use(...values: unknown[]): void;

export async function clientTypes(client: KkpClient): Promise<void> {
  const text: DecryptResult = await client.decrypt({ token, envelope });
  const explicit: string = (await client.decrypt({ token, envelope, encoding: 'utf8' })).plaintext;
  const bytes: Uint8Array = (await client.decrypt({ token, envelope, encoding: 'base64' })).plaintext;
  const encoding = Math.random() > 0.5 ? 'utf8' : 'base64';
  const either: string | Uint8Array = (await client.decrypt({ token, envelope, encoding })).plaintext;
  // @ts-expect-error text is no bytes
  const wrong: Uint8Array = (await client.decrypt({ token, envelope })).plaintext;
  // @ts-expect-error no such encoding
  await client.decrypt({ token, envelope, encoding: 'hex' });

  await client.encrypt({ backend: 'aws', key_id: 'k', plaintext: new Uint8Array() });
  // @ts-expect-error plaintext is text or bytes
  await client.encrypt({ backend: 'aws', key_id: 'k', plaintext: 7 });
  // @ts-expect-error key_id is missing
  await client.encrypt({ backend: 'aws', plaintext: '' });
  // @ts-expect-error the wire's names, not camel case
  await client.issueToken({ subject: 's', audience: 'a', backend: 'aws', keyId: 'k' });
  await client.rotate({ signal: AbortSignal.timeout(1), timeoutMs: 5 });

  const jwks: Jwks = await client.fetchJwks();
  const key: Ed25519Jwk | undefined = jwks.keys[0];
  // @ts-expect-error a public key has no d
  use(key?.d);
  use(text, explicit, bytes, either, wrong);
}

export async function dataKeyTypes(client: KkpClient): Promise<void> {
  const key = { backend: 'aws', key_id: 'k' };
  const dataKey: DataKey = await client.createDataKey({ ...key, bytes: 32 });
  const wrapped = await client.createDataKey({ ...key, include_plaintext: false });
  // @ts-expect-error the plaintext was not asked for
  use(wrapped.plaintext);
  // @ts-expect-error no such length
  await client.createDataKey({ ...key, bytes: 24 });
  // @ts-expect-error an envelope alone encrypts nothing
  encryptStream(wrapped);
  const [first] = await client.encryptBatch([{ ...key, plaintext: 'x' }]);
  // @ts-expect-error it may have failed
  use(first?.envelope);
  if (first instanceof KkpApiError) use(first.code);
  else use(first?.envelope.nonce);
  const bytes = new Blob().stream().pipeThrough(encryptStream(dataKey));
  const open: OpenDataKey = client.dataKeyOpener({ token });
  use(bytes.pipeThrough(decryptStream(open, { associatedData: 'x' })));
  // @ts-expect-error encryption has a segment size, decryption reads it
  decryptStream(open, { segmentSize: 64 });
}

export async function oauthTypes(client: KkpClient): Promise<void> {
  const key = { backend: 'aws', key_id: 'k' };
  const granted: GrantedToken = await client.grantToken({ audience: 'a', ...key, ops: ['encrypt'] as const });
  // @ts-expect-error nothing was exchanged
  use(granted.issued_token_type);
  // @ts-expect-error a token for the caller itself has a key
  await client.grantToken({ audience: 'a' });
  const { ops, issued_token_type } = await client.exchangeToken({ subject_token: token });
  const uses: TokenUse[] = ops ?? ['decrypt', 'rewrap'];
  // @ts-expect-error no such type of tokens
  await client.exchangeToken({ subject_token: token, subject_token_type: 'jwt' });
  // @ts-expect-error the subject is that of the token
  await client.exchangeToken({ subject_token: token, subject: 's' });
  // @ts-expect-error there is something to exchange
  await client.exchangeToken({ audience: 'a', ...key });
  await client.revokeToken(token);
  use(uses, issued_token_type);
}

export async function verifyTypes(jwks: Jwks): Promise<void> {
  const claims: TokenClaims = await verifyToken(token, jwks);
  await verifyToken(token, importJwks(jwks), { now: Date.now, extraClaims: ['iss'] as const });
  await verifyToken(token, createRemoteJwks('https://kkp.example/keys/jwks', { fetch }));
  await verifyToken(token, unknownJwks as JwkSet);
  // @ts-expect-error a URL is not a key set
  await verifyToken(token, 'https://kkp.example/keys/jwks');
  // @ts-expect-error now is a function
  await verifyToken(token, jwks, { now: 1_700_000_000 });
  // @ts-expect-error algorithms are not the caller's to choose
  await verifyToken(token, jwks, { algorithms: ['none'] });
  const exp: number = claims.exp;
  // @ts-expect-error an optional claim may not be there
  const issuer: string = claims.iss;
  // @ts-expect-error other claims are unknown until they are checked
  const other: string = claims.other;
  const uses: TokenUse[] = claims.ops ?? ['decrypt', 'rewrap'];
  await verifyToken(token, jwks, { issuer: 'https://kkp.example', typ: 'at+jwt' });
  // @ts-expect-error no such type of tokens
  await verifyToken(token, jwks, { typ: 'dpop+jwt' });
  use(exp, issuer, other, uses);
}

export async function dpopTypes(jwk: DpopPublicJwk & { d: string }): Promise<void> {
  const key: DpopKey = await generateDpopKey('EdDSA');
  const dpop = { key: await importDpopKey(jwk), now: Date.now };
  const client = new KkpClient({ baseUrl: 'https://kkp.example', dpop });
  const request = { subject: 's', audience: 'a', backend: 'aws', key_id: 'k' };
  await client.issueToken({ ...request, ops: ['encrypt', 'data_key'], not_before: 1, cnf: { jkt: 'x' } });
  // @ts-expect-error no such operation
  await client.issueToken({ ...request, ops: ['sign'] });
  // @ts-expect-error no such binding
  await client.issueToken({ ...request, cnf: { kid: 'x' } });
  await client.encrypt({ backend: 'aws', key_id: 'k', plaintext: '', token });
  // @ts-expect-error a public key proves nothing
  await importDpopKey({ kty: 'OKP', crv: 'Ed25519', x: 'x' });
  // @ts-expect-error no such algorithm
  await generateDpopKey('RS256');
  // @ts-expect-error the key is in an object, for what else there is to say
  new KkpClient({ baseUrl: 'https://kkp.example', dpop: key });
  use(await jwkThumbprint(key.publicJwk));
}

export function errorTypes(error: unknown): KkpErrorCode | TokenErrorReason | undefined {
  if (error instanceof TokenError) return error.reason;
  if (error instanceof KkpApiError) {
    const status: number = error.status;
    const seconds: number | undefined = error.retryAfterSeconds;
    // @ts-expect-error no such code
    if (error.code === 'policy_refused') return undefined;
    return status > seconds! ? error.code : undefined;
  }
  return error instanceof KkpError ? error.code : undefined;
}

export function constructionTypes(): void {
  new KkpClient({ baseUrl: new URL('https://kkp.example'), timeoutMs: 1, fetch, headers: { a: 'b' } });
  // @ts-expect-error baseUrl is required
  new KkpClient({});
  // @ts-expect-error the base class is not made directly
  new KkpError('x');
}
