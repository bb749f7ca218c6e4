import { decodeJwt } from 'jose';
import { KkpClient } from 'kkp-sdk';
import { connect } from '../../sdk/kkp/ts/test/readme-certificate.js';
import { caught } from '../../sdk/kkp/ts/test/support/caught.js';
import { startMtls, SVIDS, type MtlsServer } from '../support/mtls-server.js';

const KEY = { backend: 'aws', key_id: 'alias/orders' };
const WANTED = { audience: 'reports', ...KEY };

let server: MtlsServer;
beforeAll(async () => (server = await startMtls()));
afterAll(() => server.close());

const clientOf = (name: string, ca = 'ca') =>
  connect(server.url, [server.path(`${name}.pem`), server.path(`${name}.key`), server.path(`${ca}.pem`)]);

describe('the TypeScript SDK with a client certificate', () => {
  it('is a caller, whose tokens are bound to the certificate', async () => {
    const [billing, gateway] = [await clientOf('billing'), await clientOf('gateway')];
    const { access_token: token, token_type } = await billing.grantToken(WANTED);
    expect(token_type).toBe('Bearer');
    expect(decodeJwt(token)).toMatchObject({ sub: SVIDS.billing, cnf: { 'x5t#S256': expect.any(String) } });
    const { envelope } = await billing.encrypt({ ...KEY, plaintext: 'attack at dawn' });
    expect(await billing.decrypt({ token, envelope })).toMatchObject({ plaintext: 'attack at dawn' });
    expect(await caught(gateway.decrypt({ token, envelope }))).toMatchObject({ code: 'invalid_token' });
    expect(await caught(gateway.exchangeToken({ subject_token: token }))).toMatchObject({
      code: 'invalid_grant',
    });
    const less = await billing.exchangeToken({ subject_token: token, ops: ['decrypt'] });
    expect(decodeJwt(less.access_token)).toMatchObject({ sub: SVIDS.billing, ops: ['decrypt'] });
  });

  it('ends at once when it is told to', async () => {
    const client = await clientOf('billing');
    const call = client.grantToken(WANTED, { signal: AbortSignal.abort() });
    expect(await caught(call)).toMatchObject({ code: 'aborted' });
  });

  it('is nobody with the certificate of another authority, and trusts no other server', async () => {
    for (const client of [
      await clientOf('strange'),
      await clientOf('billing', 'other-ca'),
      new KkpClient({ baseUrl: server.url }),
    ])
      expect(await caught(client.grantToken(WANTED))).toMatchObject({ code: 'connection_failed' });
  });
});
