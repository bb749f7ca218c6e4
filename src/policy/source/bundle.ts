import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { MAX_FILES, type PolicyFiles } from './files.js';

const inflate = promisify(gunzip);

/**
 * The files of an OPA bundle, a gzipped tar.
 * @throws Error for anything that is not plain files and folders with proper, different names, within the limits
 */
export async function readBundle(bytes: Uint8Array, maxUnpackedBytes: number): Promise<PolicyFiles> {
  const files = new Map<string, Uint8Array>();
  const entries = extract();
  entries.end(await unzip(bytes, maxUnpackedBytes));
  let count = 0;
  for await (const entry of entries) {
    count += 1;
    if (count > MAX_FILES) {
      throw new Error(`the bundle has more than ${MAX_FILES} entries`);
    }
    const name = properName(entry.header);
    const parts: Buffer[] = [];
    for await (const part of entry as AsyncIterable<Buffer>) {
      parts.push(part);
    }
    if (entry.header.type === 'directory') {
      continue;
    }
    if (files.has(name)) {
      throw new Error(`the bundle has ${name} twice`);
    }
    files.set(name, Buffer.concat(parts));
  }
  return files;
}

async function unzip(bytes: Uint8Array, maxOutputLength: number): Promise<Buffer> {
  try {
    return await inflate(bytes, { maxOutputLength });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new Error(`the bundle is larger than ${maxOutputLength} bytes when unpacked`, { cause: error });
    }
    throw new Error(`the bundle is not gzip: ${(error as Error).message}`, { cause: error });
  }
}

/** OPA writes names with a leading slash; `opa build` and `tar` may write `./`. */
function properName({ name, type }: Header): string {
  if (type !== 'file' && type !== 'directory') {
    throw new Error(
      `the bundle has a ${type} named ${JSON.stringify(name)}: only files and folders are allowed`,
    );
  }
  const path = name.replace(/^(?:\.?\/)+/, '').replace(/\/$/, '');
  const odd =
    path.split('/').some((part) => part === '' || part === '.' || part === '..') || /[\\\0]/.test(path);
  if (odd && !(type === 'directory' && path === '')) {
    throw new Error(`the bundle has an entry with the name ${JSON.stringify(name)}`);
  }
  return path;
}
