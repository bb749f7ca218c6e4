import { readFile } from 'node:fs/promises';
import { KkpApiError, KkpClient } from 'kkp-sdk';

const apiKey = () => readFile('/run/secrets/kkp-api-key', 'utf8').then((text) => text.trim());
const kkp = new KkpClient({ baseUrl: 'http://localhost:8080', credentials: { apiKey } });
const key = { backend: 'aws', key_id: 'alias/orders' };
const { access_token: own } = await kkp.grantToken({ audience: 'billing', ...key });
const less = await kkp.exchangeToken({ subject_token: own, ops: ['decrypt'], ttl_seconds: 30 });

/** Whoever calls us has a JWT of an issuer that the server knows. We act for them: claim `act`. */
async function tokenFor(jwt: string): Promise<string | undefined> {
  try {
    return (await kkp.exchangeToken({ subject_token: jwt, audience: 'billing', ...key })).access_token;
  } catch (error) {
    if (error instanceof KkpApiError && error.code === 'invalid_grant') return undefined;
    throw error;
  }
}

console.log(less.ops, less.expires_in, await tokenFor('eyJhbGciOi...'));
await kkp.revokeToken(own);
