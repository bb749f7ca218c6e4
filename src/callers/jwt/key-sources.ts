import { readFile } from 'node:fs/promises';
import { parseStrictJson } from '../../strict-json.js';
import type { JsonObject } from './compact.js';
import { getJson, type GetOptions } from './get-json.js';
import { isLoopback, isSafeUrl } from './urls.js';

/** Where the keys of an issuer are published. */
export type KeyLocation =
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'url'; readonly url: string }
  /** OpenID Connect Discovery 1.0 section 4. */
  | { readonly from: 'issuer'; readonly issuer: string };

/** How KKP shows itself to an issuer, and knows it. Both files are read for each request, for they are renewed. */
export interface IssuerAccess {
  readonly caFile?: string;
  readonly tokenFile?: string;
}

const CERTIFICATE = '-----BEGIN CERTIFICATE-----';

/** The JWK set at a location as it is there now. @throws Error */
export async function loadKeySet(
  location: KeyLocation,
  access: IssuerAccess,
  signal: AbortSignal,
): Promise<JsonObject> {
  if (location.from === 'file') return readJsonFile(location.path);
  const options = await getOptions(access, signal);
  const url = location.from === 'url' ? location.url : await discover(location.issuer, options);
  return getJson(new URL(url), options);
}

async function readJsonFile(path: string): Promise<JsonObject> {
  const json = parseStrictJson(await readFile(path));
  if (!json) throw new Error('The file with the keys is not one JSON object.');
  return json;
}

async function getOptions({ caFile, tokenFile }: IssuerAccess, signal: AbortSignal): Promise<GetOptions> {
  const [ca, bearer] = await Promise.all([readText(caFile), readText(tokenFile)]);
  // Node would take an empty text for its own authorities.
  if (ca?.includes(CERTIFICATE) === false) throw new Error('The file of authorities holds no certificate.');
  return { signal, ...(ca !== undefined && { ca }), ...(bearer !== undefined && { bearer: bearer.trim() }) };
}

const readText = async (path: string | undefined): Promise<string | undefined> =>
  path === undefined ? undefined : readFile(path, 'utf8');

async function discover(issuer: string, options: GetOptions): Promise<string> {
  const document = await getJson(
    new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`),
    options,
  );
  if (document.issuer !== issuer) throw new Error('The discovered document is of another issuer.');
  const { jwks_uri: url } = document;
  if (typeof url !== 'string' || !isSafeUrl(url)) throw new Error('The discovered jwks_uri is not accepted.');
  // An issuer elsewhere has no business on this machine.
  if (isLoopback(url) && !isLoopback(issuer)) throw new Error('The discovered jwks_uri is not accepted.');
  return url;
}
