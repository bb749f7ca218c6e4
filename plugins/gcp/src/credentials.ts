import { readFile } from 'node:fs/promises';
import type * as Auth from 'google-auth-library';
import { KmsError } from 'kkp-plugin-kit';
import { noToken } from './errors.js';
import type { AccessToken, GcpCredential } from './tokens.js';

/** Who KKP is towards Google. */
export type CredentialChoice =
  | { readonly kind: 'application_default' | 'metadata' }
  | { readonly kind: 'service_account_file' | 'external_account_file'; readonly file: string };

type Library = typeof Auth;

/** https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys/encrypt, "Authorization scopes" */
const SCOPE = 'https://www.googleapis.com/auth/cloudkms';
/** Of what the library signs by itself: jwtaccess.js of google-auth-library. */
const SELF_SIGNED_LIFE_MS = 60 * 60_000;
/** For a token whose source does not say how long it lasts. */
const UNKNOWN_LIFE_MS = 60_000;

/** Loads the library. A client is made for each token, so that a file that was replaced is read again. */
export async function loadCredential(
  choice: CredentialChoice,
  load: () => Promise<Library> = () => import('google-auth-library'),
): Promise<GcpCredential> {
  const library = await load().catch((cause: unknown) => {
    const text = 'The backend needs a package that did not load: npm install google-auth-library';
    throw new KmsError('unsupported', text, { side: 'proxy', cause });
  });
  return { getAccessToken: async () => tokenOf(await makeClient(library, choice), library) };
}

async function makeClient(library: Library, choice: CredentialChoice): Promise<Auth.AuthClient> {
  switch (choice.kind) {
    case 'application_default': {
      // A project of any name, or the library looks for one: by gcloud, the metadata server and Resource Manager.
      const auth = new library.GoogleAuth({ scopes: SCOPE, projectId: 'not-needed' });
      auth.useJWTAccessWithScope = true;
      return await auth.getClient();
    }
    case 'metadata':
      return new library.Compute({ scopes: SCOPE });
    case 'service_account_file': {
      const client = new library.JWT({ scopes: SCOPE });
      client.fromJSON(await readCredentials(choice.file, 'service_account'));
      // A token that the key itself signs: no request to a token service (https://google.aip.dev/auth/4111).
      client.useJWTAccessWithScope = true;
      return client;
    }
    case 'external_account_file': {
      const json = await readCredentials(choice.file, 'external_account');
      const client = library.ExternalAccountClient.fromJSON(json as never);
      if (!client) throw noToken();
      client.scopes = SCOPE;
      return client;
    }
  }
}

/** The file of an unexpected type is refused: it may name a place to send tokens to. */
async function readCredentials(file: string, type: string): Promise<Auth.JWTInput> {
  const json: unknown = JSON.parse(await readFile(file, 'utf8'));
  if (typeof json !== 'object' || json === null || !('type' in json) || json.type !== type) throw noToken();
  return json as Auth.JWTInput;
}

async function tokenOf(client: Auth.AuthClient, library: Library): Promise<AccessToken> {
  const headers = await client.getRequestHeaders();
  const [, token] = /^Bearer (\S+)$/.exec(headers.get('authorization') ?? '') ?? [];
  if (token === undefined) throw noToken();
  const quotaProject = headers.get('x-goog-user-project');
  const expiresAt =
    client instanceof library.JWT
      ? Date.now() + SELF_SIGNED_LIFE_MS
      : (client.credentials.expiry_date ?? Date.now() + UNKNOWN_LIFE_MS);
  return { token, expiresAt, ...(quotaProject !== null && { quotaProject }) };
}
