import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_FILES, type PolicyFiles } from './files.js';

/**
 * The `.rego` and `data.json` files of a folder and of its folders. Hidden names are left out, and links are followed
 * to files only: a mounted Kubernetes ConfigMap is made of both.
 * @throws Error beyond the limits
 */
export async function readFolder(folder: string, maxBytes: number): Promise<PolicyFiles> {
  const files = new Map<string, Uint8Array>();
  let left = maxBytes;
  for (const name of await list(folder, '')) {
    const bytes = await readFile(join(folder, name));
    left -= bytes.length;
    if (left < 0) {
      throw new Error(`the folder's policy files are larger than ${maxBytes} bytes`);
    }
    files.set(name, bytes);
  }
  return files;
}

async function list(folder: string, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const name = prefix + entry.name;
    if (entry.name.startsWith('.')) {
      continue;
    }
    if (entry.isDirectory()) {
      names.push(...(await list(folder, `${name}/`)));
    } else if (isPolicyFile(entry.name) && (await stat(join(folder, name))).isFile()) {
      names.push(name);
    }
    if (names.length > MAX_FILES) {
      throw new Error(`the folder has more than ${MAX_FILES} policy files`);
    }
  }
  return names.sort();
}

const isPolicyFile = (name: string): boolean => name.endsWith('.rego') || /^data\.(json|ya?ml)$/.test(name);
