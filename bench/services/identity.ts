import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TOKEN } from '../../plugins/azure/test/fake/vault.js';

const HOUR_SECONDS = 3600;

/**
 * The token service of Azure's App Service, on loopback, and the environment that leads to it.
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity, "REST endpoint reference"
 */
export async function startIdentity(): Promise<{ env: Record<string, string>; stop(): void }> {
  const server = createServer((_request, response) => {
    const expires_on = String(Math.floor(Date.now() / 1000) + HOUR_SECONDS);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: TOKEN, expires_on, token_type: 'Bearer' }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    env: { IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/msi/token`, IDENTITY_HEADER: 'header' },
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
