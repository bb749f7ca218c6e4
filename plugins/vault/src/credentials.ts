import type { OptionReader } from 'kkp-plugin-kit';
import { isPath, PATH_ALLOWED } from './path.js';

/** How KKP logs in. The options of the other methods are refused, so that none is ignored in silence. */
export interface CredentialOptions {
  /** Default `token`. */
  readonly auth?: 'token' | 'approle' | 'kubernetes';
  /** `token`: the token itself, or the file that holds it, read at each login. */
  readonly token?: string;
  readonly tokenFile?: string;
  /** `approle`: the role, and its secret or the file that holds it, read at each login. */
  readonly roleId?: string;
  readonly secretId?: string;
  readonly secretIdFile?: string;
  /** `kubernetes`: the role, and the file of the service account's token, read at each login. */
  readonly role?: string;
  readonly jwtFile?: string;
  /** Mount path of the auth method. Default: the name of the method. */
  readonly authMount?: string;
}

/** A secret in the configuration, or where it is read when it is needed. */
export type Secret = { readonly text: string } | { readonly file: string; readonly option: string };

export type Credentials =
  | { readonly method: 'token'; readonly token: Secret }
  | { readonly method: 'approle'; readonly mount: string; readonly roleId: string; readonly secretId: Secret }
  | { readonly method: 'kubernetes'; readonly mount: string; readonly role: string; readonly jwt: Secret };

const KUBERNETES_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const OWN_OPTIONS = {
  token: ['token', 'tokenFile'],
  approle: ['roleId', 'secretId', 'secretIdFile', 'authMount'],
  kubernetes: ['role', 'jwtFile', 'authMount'],
} as const;
const VISIBLE = /^[\x21-\x7e]{1,16384}$/;

/** Whether the text can be a token: anything else could not be sent as a header. */
export const isToken = (text: string): boolean => VISIBLE.test(text);

export function parseCredentials(read: OptionReader): Credentials {
  const method = read.oneOf('auth', ['token', 'approle', 'kubernetes'], 'token');
  refuseForeign(read, method);
  const mount = method === 'token' ? '' : (read.optionalString('authMount', PATH_ALLOWED, isPath) ?? method);
  switch (method) {
    case 'token':
      return { method, token: oneSecret(read, 'token', 'tokenFile') };
    case 'approle':
      return {
        method,
        mount,
        roleId: read.string('roleId', 'must be the id of the role', isToken),
        secretId: oneSecret(read, 'secretId', 'secretIdFile'),
      };
    case 'kubernetes':
      return {
        method,
        mount,
        role: read.string('role', 'must be the name of a role', isToken),
        jwt: {
          file: read.optionalString('jwtFile', 'must be a path', isFile) ?? KUBERNETES_TOKEN,
          option: 'jwtFile',
        },
      };
  }
}

function oneSecret(read: OptionReader, name: string, fileName: string): Secret {
  const text = read.optionalString(name, 'must be visible ASCII characters without spaces', isToken);
  const file = read.optionalString(fileName, 'must be a path', isFile);
  if ((text === undefined) === (file === undefined)) read.fault(name, `give either ${name} or ${fileName}`);
  return file === undefined ? { text: text ?? '' } : { file, option: fileName };
}

function refuseForeign(read: OptionReader, method: keyof typeof OWN_OPTIONS): void {
  const own: readonly string[] = OWN_OPTIONS[method];
  for (const option of new Set(Object.values(OWN_OPTIONS).flat())) {
    if (own.includes(option)) continue;
    read.optionalString(option, `does not belong to auth ${method}`, () => false);
  }
}

const isFile = (text: string): boolean => text.length > 0 && !text.includes('\0');
