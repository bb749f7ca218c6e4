import { gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';

export type Entry = Pick<Header, 'name'> & Partial<Header> & { body?: string | Uint8Array };

/** A gzipped tar of these entries, in their order. */
export async function makeBundle(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { body = '', ...header } of entries) {
    tar.entry({ mtime: new Date(0), ...header }, body);
  }
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar as AsyncIterable<Buffer>) {
    parts.push(part);
  }
  return gzipSync(Buffer.concat(parts));
}

/** Plain files by their names. */
export const files = (contents: Readonly<Record<string, string | Uint8Array>>): Entry[] =>
  Object.entries(contents).map(([name, body]) => ({ name, body }));
