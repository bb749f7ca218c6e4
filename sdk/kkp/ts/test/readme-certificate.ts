import { readFile } from 'node:fs/promises';
import * as undici from 'undici';
import { type Fetch, KkpClient } from 'kkp-sdk';

/** Files in PEM: the certificate of the client, its private key, and the authorities of the server. */
export async function connect(baseUrl: string, files: [string, string, string]): Promise<KkpClient> {
  const [cert, key, ca] = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const dispatcher = new undici.Agent({ connect: { cert, key, ca } });
  const fetch = (url: string, init: object) => undici.fetch(url, { ...init, dispatcher });
  // The types of undici are not quite those of the platform.
  return new KkpClient({ baseUrl, fetch: fetch as unknown as Fetch });
}
