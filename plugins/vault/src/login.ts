import { readFile } from 'node:fs/promises';
import { KmsError, type Call } from 'kkp-plugin-kit';
import type { Lease, VaultClient } from './client.js';
import { isToken, type Credentials, type Secret } from './credentials.js';

/** A way to come by a token. */
export interface Login {
  /** Whether logging in again can give another token than the last time. */
  readonly repeatable: boolean;
  /** @throws KmsError `access-denied` of side `proxy` when the credentials are refused or cannot be read */
  logIn(call: Call): Promise<Lease>;
}

export function createLogin(credentials: Credentials, client: VaultClient): Login {
  switch (credentials.method) {
    case 'token': {
      const { token } = credentials;
      return {
        repeatable: 'file' in token,
        logIn: async (call) => client.lookUpSelf(await reveal(token, call), call),
      };
    }
    case 'approle': {
      const { mount, roleId, secretId } = credentials;
      return {
        repeatable: true,
        logIn: async (call) =>
          client.logIn(mount, { role_id: roleId, secret_id: await reveal(secretId, call) }, call),
      };
    }
    case 'kubernetes': {
      const { mount, role, jwt } = credentials;
      return {
        repeatable: true,
        logIn: async (call) => client.logIn(mount, { role, jwt: await reveal(jwt, call) }, call),
      };
    }
  }
}

/** The error of reading a file has its path, and never what is in it. */
async function reveal(secret: Secret, { signal }: Call): Promise<string> {
  if ('text' in secret) return secret.text;
  const text = await readFile(secret.file, { encoding: 'utf8', signal }).catch((cause: unknown) => {
    const code = signal.aborted ? 'unavailable' : 'access-denied';
    throw new KmsError(code, `The file of ${secret.option} could not be read.`, { side: 'proxy', cause });
  });
  if (isToken(text.trim())) return text.trim();
  throw new KmsError(
    'access-denied',
    `The file of ${secret.option} holds no token: visible ASCII in one line.`,
    {
      side: 'proxy',
    },
  );
}
