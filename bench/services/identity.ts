import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TOKEN as AZURE_TOKEN } from '../../plugins/azure/test/fake/vault.js';
import { TOKEN as GCP_TOKEN } from '../../plugins/gcp/test/fake/kms.js';

const HOUR_SECONDS = 3600;

/**
 * The token services of a machine in a cloud, on loopback, and the environment that leads to them: Azure's App Service
 * (https://learn.microsoft.com/azure/app-service/overview-managed-identity, "REST endpoint reference") and Google's
 * metadata server (https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys).
 */
export async function startIdentity(): Promise<{ env: Record<string, string>; stop(): void }> {
  const server = createServer(({ url = '' }, response) => {
    const isAzure = url.startsWith('/msi/token');
    const expires = isAzure
      ? { expires_on: String(Math.floor(Date.now() / 1000) + HOUR_SECONDS) }
      : { expires_in: HOUR_SECONDS };
    const access_token = isAzure ? AZURE_TOKEN : GCP_TOKEN;
    response.writeHead(200, { 'content-type': 'application/json', 'metadata-flavor': 'Google' });
    response.end(JSON.stringify({ access_token, token_type: 'Bearer', ...expires }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    env: {
      IDENTITY_ENDPOINT: `http://${host}/msi/token`,
      IDENTITY_HEADER: 'header',
      GCE_METADATA_HOST: host,
    },
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
