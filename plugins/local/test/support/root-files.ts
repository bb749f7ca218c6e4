import { randomBytes } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import type { RootFile } from '../../src/root.js';

export async function writeRootKey(
  file: string,
  content: string | Uint8Array = randomBytes(32),
): Promise<RootFile> {
  return { kind: 'key', file: await writeSecret(file, content) };
}

export async function writePassphrase(
  file: string,
  text = 'correct horse battery staple',
): Promise<RootFile> {
  return { kind: 'passphrase', file: await writeSecret(file, text) };
}

async function writeSecret(file: string, content: string | Uint8Array, mode = 0o600): Promise<string> {
  await writeFile(file, content);
  await chmod(file, mode);
  return file;
}
