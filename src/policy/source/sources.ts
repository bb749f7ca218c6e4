import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PolicySources } from '../compiler/index.js';
import { mergeData } from './data.js';
import { readCapped, textOf, type PolicyFiles } from './files.js';
import { readFolder } from './folder.js';

/**
 * Rego files, tests included, with the data beside them, for a compiler: of a folder, or of one file. A file named
 * `x.rego` brings its tests in `x_test.rego` along.
 * @throws Error that names what cannot be read
 */
export async function readPolicySources(path: string, maxBytes: number): Promise<PolicySources> {
  if ((await stat(path)).isDirectory()) {
    return regoSources(await readFolder(path, maxBytes), (name) => join(path, name));
  }
  const files = new Map([[path, await readCapped(path, maxBytes)]]);
  const tests = path.replace(/\.rego$/, '_test.rego');
  if (tests !== path && (await isFile(tests))) {
    files.set(tests, await readCapped(tests, maxBytes));
  }
  return regoSources(files);
}

/** The Rego and the data among files; `shownAs` gives the names that OPA's messages show. @throws Error without Rego */
export function regoSources(files: PolicyFiles, shownAs = (name: string): string => name): PolicySources {
  const rego = [...files].filter(([name]) => name.endsWith('.rego'));
  if (rego.length === 0) {
    throw new Error('there is no .rego file in it');
  }
  return {
    files: Object.fromEntries(rego.map(([name, bytes]) => [shownAs(name), textOf(shownAs(name), bytes)])),
    data: mergeData(files),
  };
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
