/**
 * The floor: what a server of bare `node:http` and `node:crypto` does for the same requests. No policy, no checks of the
 * body, no key service, no log. It hands its data keys out in clear, so it is good for nothing but measuring.
 */
import {
  createCipheriv,
  createDecipheriv,
  generateKeyPairSync,
  randomBytes,
  randomUUID,
  sign,
  verify,
} from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

interface TokenBody {
  readonly subject: string;
  readonly audience: string;
  readonly backend: string;
  readonly key_id: string;
  readonly ttl_seconds?: number;
  readonly policy_claims?: object;
}

interface EncryptBody {
  readonly backend: string;
  readonly key_id: string;
  readonly plaintext: string;
  readonly associated_data: string;
}

interface DecryptBody {
  readonly token: string;
  readonly envelope: Omit<EncryptBody, 'plaintext'> & {
    readonly ciphertext: string;
    readonly nonce: string;
    readonly encrypted_data_key: string;
  };
}

const ALGORITHM = 'aes-256-gcm';
const TAG_BYTES = 16;
const KID = 'k'.repeat(43);
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const HEADER = encode(JSON.stringify({ alg: 'EdDSA', typ: 'JWT', kid: KID }));

/** Two keys, as KKP publishes after its start: the active and the next one. */
const JWK = { ...publicKey.export({ format: 'jwk' }), kid: KID, alg: 'EdDSA', use: 'sig' };
const JWKS = JSON.stringify({ keys: [JWK, JWK] });

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}

function issue({ subject, audience, backend, key_id, ttl_seconds = 300, policy_claims = {} }: TokenBody) {
  const iat = Math.floor(Date.now() / 1000);
  const exp = iat + ttl_seconds;
  const jti = randomUUID();
  const claims = { sub: subject, aud: audience, backend, key_id, policy_claims, exp, iat, jti };
  const input = `${HEADER}.${encode(JSON.stringify(claims))}`;
  const signature = sign(null, Buffer.from(input), privateKey).toString('base64url');
  return { token: `${input}.${signature}`, expires_at: exp, kid: KID };
}

function encrypt({ backend, key_id, plaintext, associated_data }: EncryptBody) {
  const key = randomBytes(32);
  const nonce = randomBytes(12);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(associated_data));
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  const envelope = {
    backend,
    key_id,
    ciphertext: ciphertext.toString('base64url'),
    nonce: nonce.toString('base64url'),
    encrypted_data_key: key.toString('base64url'),
    associated_data,
  };
  return { envelope };
}

function decrypt({ token, envelope }: DecryptBody) {
  const dot = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(dot + 1), 'base64url');
  if (!verify(null, Buffer.from(token.slice(0, dot)), publicKey, signature)) throw new Error('signature');
  const payload = Buffer.from(token.slice(token.indexOf('.') + 1, dot), 'base64url');
  const [key, nonce, ciphertext] = [envelope.encrypted_data_key, envelope.nonce, envelope.ciphertext].map(
    (text) => Buffer.from(text, 'base64url'),
  ) as [Buffer, Buffer, Buffer];
  const tag = ciphertext.subarray(-TAG_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(envelope.associated_data));
  decipher.setAuthTag(tag);
  const opened = Buffer.concat([decipher.update(ciphertext.subarray(0, -TAG_BYTES)), decipher.final()]);
  return { plaintext: opened.toString('utf8'), claims: JSON.parse(payload.toString('utf8')) as unknown };
}

/** Answers a body by the method and path of its request. */
const ROUTES: Readonly<Record<string, (body: string) => string>> = {
  'GET /livez': () => '{}',
  'GET /keys/jwks': () => JWKS,
  'POST /token': (body) => JSON.stringify(issue(JSON.parse(body) as TokenBody)),
  'POST /envelope/encrypt': (body) => JSON.stringify(encrypt(JSON.parse(body) as EncryptBody)),
  'POST /envelope/decrypt': (body) => JSON.stringify(decrypt(JSON.parse(body) as DecryptBody)),
};

async function answer(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const route = ROUTES[`${request.method} ${request.url}`];
  if (!route) throw new Error('no such route');
  return route(Buffer.concat(chunks).toString('utf8'));
}

const server = createServer((request, response) => {
  answer(request).then(
    (body) => {
      response.writeHead(200, {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
      });
      response.end(body);
    },
    () => response.writeHead(500).end(),
  );
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ address: `http://127.0.0.1:${port}`, msg: 'listening' })}\n`);
});
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
