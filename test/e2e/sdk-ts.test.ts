import { boundTokens, replaysAreRefused } from '../../sdk/kkp/ts/test/bound-tokens.js';
import { standardTokens } from '../../sdk/kkp/ts/test/oauth/roundtrip.js';
import { roundTrip } from '../../sdk/kkp/ts/test/roundtrip.js';
import { startServer } from '../support/server.js';
import { startOAuth } from './oauth/setup.js';

describe('the TypeScript SDK', () => {
  it('goes round with the server: tokens, envelopes, refusals, rotation', async () => {
    const server = await startServer();
    try {
      await roundTrip(server.url);
    } finally {
      await server.close();
    }
  });

  it.each(['ES256', 'EdDSA'] as const)(
    'uses tokens that are bound to its key of %s, and to nobody else’s',
    async (alg) => {
      const server = await startServer();
      try {
        await boundTokens(server.url, alg);
      } finally {
        await server.close();
      }
    },
  );

  it('gets and exchanges tokens as OAuth has it', async () => {
    const server = await startOAuth();
    try {
      const [billing, gateway] = [server.keyOf('svc-billing'), server.keyOf('svc-gateway')];
      await standardTokens({ url: server.url, billing, gateway, jwt: server.jwt() });
    } finally {
      await server.close();
    }
  });

  it('has its proofs refused when they come twice', async () => {
    const server = await startServer();
    try {
      await replaysAreRefused(server.url);
    } finally {
      await server.close();
    }
  });
});
