import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { PolicySources } from '../compiler/index.js';
import { mergeData } from './data.js';
import { textOf } from './files.js';
import { readFolder } from './folder.js';

/**
 * Rego files, tests included, with the data beside them, for a compiler: of a folder, or of one file. A file named
 * `x.rego` brings its tests in `x_test.rego` along.
 * @throws Error that names what cannot be read
 */
export async function readPolicySources(path: string, maxBytes: number): Promise<PolicySources> {
  if ((await stat(path)).isDirectory()) {
    const found = await readFolder(path, maxBytes);
    const rego = [...found].filter(([name]) => name.endsWith('.rego'));
    return {
      files: Object.fromEntries(rego.map(([name, bytes]) => [join(path, name), textOf(name, bytes)])),
      data: mergeData(found),
    };
  }
  const paths = [path, path.replace(/\.rego$/, '_test.rego')].filter(
    (one, index, all) => all.indexOf(one) === index,
  );
  const files: Record<string, string> = {};
  for (const one of paths) {
    if (one !== path && !(await stat(one).catch(() => undefined))?.isFile()) continue;
    files[one] = textOf(basename(one), await readFile(one));
  }
  return { files };
}
