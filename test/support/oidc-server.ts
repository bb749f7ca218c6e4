import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration } from 'oidc-provider';

export interface OidcServer {
  readonly issuer: string;
  /** An access token by the client credentials grant, meant for `audience`. */
  accessToken(audience: string, scope: string): Promise<string>;
  close(): Promise<void>;
}

/** A certified OpenID provider on loopback, with one client and JWT access tokens (RFC 9068, RFC 8707). */
export async function startOidcServer(): Promise<OidcServer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, configuration);
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));
  return {
    issuer,
    accessToken: async (audience, scope) => {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from('billing:secret').toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: `urn:${audience}`, scope }),
      });
      const { access_token: token } = (await response.json()) as { access_token: string };
      return token;
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

const configuration: Configuration = {
  clients: [
    {
      client_id: 'billing',
      client_secret: 'secret',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
  ],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context, resource) => ({
        scope: 'kms:mint kms:ops',
        audience: resource.replace('urn:', ''),
        accessTokenFormat: 'jwt',
      }),
    },
  },
};
