import { KkpClient, KkpProtocolError } from '../src/index.js';
import { caught } from './support/caught.js';
import { type TestServer, json, startServer } from './support/server.js';
import { CLAIMS } from './support/tokens.js';

let server: TestServer;
let client: KkpClient;

beforeEach(async () => {
  server = await startServer();
  client = new KkpClient({ baseUrl: server.url });
});
afterEach(() => server.close());

describe('revoke', () => {
  it('posts the rule as it is and returns the rule that holds', async () => {
    const rule = { subject: 's', issued_until: 1_700_000_000 };
    server.answer = json({ rule, expires_at: 1_700_000_960 });
    expect(await client.revoke({ subject: 's' })).toEqual({ rule, expires_at: 1_700_000_960 });
    expect(server.seen).toMatchObject([{ method: 'POST', url: '/revoke', body: { subject: 's' } }]);
  });

  it.each([{}, { rule: 'x', expires_at: 1 }, { rule: {}, expires_at: '1' }])(
    'refuses the answer %j',
    async (answer) => {
      server.answer = json(answer);
      expect(await caught(client.revoke({ kid: 'k' }))).toBeInstanceOf(KkpProtocolError);
    },
  );
});

describe('introspect', () => {
  it('returns the claims of a token that is active', async () => {
    server.answer = json({ ...CLAIMS, active: true });
    expect(await client.introspect('a.b.c')).toEqual({ ...CLAIMS, active: true });
    expect(server.seen).toMatchObject([{ method: 'POST', url: '/introspect', body: { token: 'a.b.c' } }]);
  });

  it('tells nothing of a token that is not', async () => {
    server.answer = json({ active: false, sub: 's' });
    expect(await client.introspect('a.b.c')).toEqual({ active: false });
  });

  it.each([{}, { active: 'true' }, { active: true }, { ...CLAIMS, active: 1 }, { ...CLAIMS }])(
    'refuses the answer %j',
    async (answer) => {
      server.answer = json(answer);
      expect(await caught(client.introspect('a.b.c'))).toBeInstanceOf(KkpProtocolError);
    },
  );
});
