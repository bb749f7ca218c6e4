import { roundTrip } from '../../sdk/kkp/ts/test/roundtrip.js';
import { startServer } from '../support/server.js';

describe('the TypeScript SDK', () => {
  it('goes round with the server: tokens, envelopes, refusals, rotation', async () => {
    const server = await startServer();
    try {
      await roundTrip(server.url);
    } finally {
      await server.close();
    }
  });
});
