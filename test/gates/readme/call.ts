import { createRemoteJwks, KkpClient, verifyToken } from 'kkp-sdk';

export async function callers(baseUrl: string): Promise<string> {
  const kkp = new KkpClient({ baseUrl });
  const { envelope } = await kkp.encrypt({
    backend: 'aws',
    key_id: 'alias/orders',
    plaintext: 'attack at dawn',
  });
  const { token } = await kkp.issueToken({
    subject: 'billing',
    audience: 'reports',
    backend: 'aws',
    key_id: 'alias/orders',
  });
  const claims = await verifyToken(token, createRemoteJwks(`${baseUrl}/keys/jwks`), { audience: 'reports' });
  const { plaintext } = await kkp.decrypt({ token, envelope });
  return `${claims.sub} reads ${plaintext}`;
}
