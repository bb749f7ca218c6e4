import { NOBODY } from '../../../src/callers/index.js';
import { RefusedCredentials } from '../../../src/quotas/index.js';
import { PresentedTokens } from '../../../src/tokens/index.js';
import { startRevocations } from '../revocation/fixtures.js';
import { startTokens } from './fixtures.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The 15 other last characters that a lenient decoder reads as the same signature. */
function lastCharacters(token: string): string[] {
  const at = ALPHABET.indexOf(token.at(-1)!);
  const same = [...ALPHABET.slice(at - (at % 16), at - (at % 16) + 16)];
  return same.map((last) => token.slice(0, -1) + last).filter((other) => other !== token);
}

/** What some decoder or other takes for the same token. */
const otherSpellings = (token: string): string[] => {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [
    ...lastCharacters(token),
    `${token}==`,
    `${token}=`,
    `${token}\n`,
    `${token}\r\n`,
    `${token}\0`,
    ` ${token}`,
    `${token} `,
    `\ufeff${token}`,
    `${token}.`,
    `Bearer ${token}`,
    `"${token}"`,
    `${header}. ${payload}.${signature}`,
    `${header}.${payload}.${signature.slice(0, 40)} ${signature.slice(40)}`,
    `${header}.${payload}.${signature.slice(0, 40)}\n${signature.slice(40)}`,
    `${header}=.${payload}.${signature}`,
    token.replaceAll('.', '%2e'),
    token.replaceAll('.', '．'),
    `${header}.${payload}.${Buffer.from(signature, 'base64url').toString('base64')}`,
    JSON.stringify({ protected: header, payload, signature }),
  ];
};

describe('one token in many spellings', () => {
  it('is one token: the others are refused before it is revoked, and all with it afterwards', async () => {
    const { verifier, issue, clock } = await startTokens();
    const { revocations } = await startRevocations();
    // It knows tokens again that were good; what was revoked since is judged all the same.
    const refusals = new RefusedCredentials(600, clock, () => undefined);
    const tokens = new PresentedTokens(verifier, [], (claims) => revocations.check(claims), refusals);
    const { token } = await issue();
    const answerTo = (text: string): Promise<string> =>
      tokens.require(text, { caller: NOBODY, address: '192.0.2.1' }, 'decrypt').then(
        ({ claims }) => claims.jti,
        (error: unknown) => {
          const { code, detail } = error as { code: string; detail: string };
          return `${code}: ${detail}`;
        },
      );
    const answers = () => Promise.all([token, ...others].map(answerTo));
    const others = otherSpellings(token);
    expect(lastCharacters(token)).toHaveLength(15);
    expect(new Set([token, ...others]).size).toBe(others.length + 1);
    const { jti } = verifier.verify(token);
    const refused = others.map(
      () => 'invalid_token: The token is not a JWT in compact form, spelled as KKP spells it.',
    );

    expect(await answers()).toEqual([jti, ...refused]);
    await revocations.revoke({ jti });
    expect(await answers()).toEqual(['invalid_token: The token has been revoked.', ...refused]);
  });
});
