import { CallerAuthentication, jwt } from '../../../src/callers/index.js';
import { attacks } from '../../support/credential-attacks.js';
import { makeKey, requestWith, signJwt, TestClock, TestIssuer } from '../../support/issuer.js';

describe('a credential that was tampered with', () => {
  const clock = new TestClock();
  const [key, evil] = [makeKey('RS256', 'Key-1'), makeKey('RS256', 'evil')];
  const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
  let issuer: TestIssuer;
  let server: TestIssuer;
  let table: Record<string, string>;
  let callers: CallerAuthentication;
  beforeAll(async () => {
    issuer = await TestIssuer.start(key);
    server = await TestIssuer.start(evil);
    const claims = issuer.claims(clock.seconds);
    table = attacks({ claims, key, evil, evilUrl: server.jwksUrl });
    callers = new CallerAuthentication([
      jwt({ issuer: issuer.url, audience: 'kkp', jwksUrl: issuer.jwksUrl, algorithms }, clock),
    ]);
  });
  afterAll(async () => {
    await Promise.all([issuer.close(), server.close()]);
  });

  it('is refused in each of more than a hundred ways, and the attacker’s server never asked', async () => {
    const accepted: string[] = [];
    for (const [name, token] of Object.entries(table)) {
      const outcome = await callers.authenticate(requestWith(token)).catch((error: unknown) => error);
      if ((outcome as { code?: string }).code !== 'unauthenticated') accepted.push(name);
    }
    expect(accepted).toEqual([]);
    expect(Object.keys(table).length).toBeGreaterThan(100);
    expect(server.asked).toEqual([]);
    expect(await callers.authenticate(requestWith(signJwt(issuer.claims(clock.seconds), key)))).toMatchObject(
      {
        id: 'alice',
      },
    );
  });

  it('is refused for every bit of its signature and for every character', async () => {
    const good = signJwt(issuer.claims(clock.seconds), key);
    const signature = Buffer.from(good.split('.')[2]!, 'base64url');
    const changed = [...signature.keys()].flatMap((at) =>
      [1, 128].map((bit) => {
        const bytes = Buffer.from(signature);
        bytes[at] = bytes[at]! ^ bit;
        return good.replace(/[^.]*$/, bytes.toString('base64url'));
      }),
    );
    for (const [at, character] of [...good].entries()) {
      changed.push(good.slice(0, at) + (character === 'A' ? 'B' : 'A') + good.slice(at + 1));
    }
    for (const token of changed) {
      await expect(callers.authenticate(requestWith(token))).rejects.toMatchObject({
        code: 'unauthenticated',
      });
    }
    expect(changed.length).toBeGreaterThan(1_000);
  });
});
