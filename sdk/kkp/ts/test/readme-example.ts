import { KkpClient, TokenError, createRemoteJwks, verifyToken } from 'kkp-sdk';

const kkp = new KkpClient({ baseUrl: 'http://localhost:8080' });
const key = { backend: 'aws', key_id: 'alias/orders' };
const { token } = await kkp.issueToken({ subject: 'orders', audience: 'billing', ...key });
const { envelope } = await kkp.encrypt({ ...key, plaintext: 'card 4242' });
const { plaintext } = await kkp.decrypt({ token, envelope });

const jwks = createRemoteJwks('http://localhost:8080/keys/jwks');
const claims = await verifyToken(token, jwks, { audience: 'billing' }).catch((error: unknown) => {
  if (error instanceof TokenError && error.reason === 'expired') return undefined;
  throw error;
});
console.log(plaintext, claims?.sub);
