import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** A small tree with the borders of this repository: each file imports what is named, and nothing else. */
const TREE: Record<string, string[]> = {
  'src/index.ts': ['./kkp.module.js'],
  'src/kkp.module.ts': ['./keys/index.js'],
  'src/main.ts': ['./server/index.js'],
  'src/keys/index.ts': ['./ring.js'],
  'src/keys/ring.ts': [],
  'src/tokens/index.ts': ['../keys/index.js', 'kkp-plugin-kit'],
  'src/server/index.ts': ['../kkp.module.js'],
  'src/cli/kkp.ts': ['kkp-sdk', '../server/index.js'],
  'plugins/kit/src/index.ts': [],
  'plugins/one/src/index.ts': ['kkp-plugin-kit'],
  'plugins/two/src/index.ts': ['kkp-plugin-kit'],
  'sdk/kkp/ts/src/index.ts': [],
};

describe('npm run structure', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kkp-structure-'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const compilerOptions = {
      module: 'NodeNext',
      moduleResolution: 'NodeNext',
      paths: {
        'kkp-plugin-kit': ['./plugins/kit/src/index.ts'],
        'kkp-plugin-one': ['./plugins/one/src/index.ts'],
        'kkp-sdk': ['./sdk/kkp/ts/src/index.ts'],
      },
    };
    writeFileSync(join(folder, 'tsconfig.test.json'), JSON.stringify({ compilerOptions }));
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...packageJson(), workspaces: undefined }));
    for (const workspace of ['plugins/kit', 'plugins/one', 'plugins/two', 'sdk/kkp/ts']) {
      mkdirSync(join(folder, workspace), { recursive: true });
      writeFileSync(join(folder, workspace, 'package.json'), '{}');
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The rules that the tree breaks when `file` imports `target` as well. */
  function broken(file?: string, target?: string): string[] {
    for (const [path, imports] of Object.entries(TREE)) {
      const all = path === file && target !== undefined ? [...imports, target] : imports;
      const text = all
        .map((name, index) => `import * as m${index} from '${name}';\nexport { m${index} };\n`)
        .join('');
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), `${text}export const own = 1;\n`);
    }
    const cruise = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const args = [
      cruise,
      '--config',
      join(ROOT, '.dependency-cruiser.cjs'),
      '--output-type',
      'json',
      'src',
      'plugins',
      'sdk',
    ];
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    });
    if (!stdout.startsWith('{')) throw new Error(stderr);
    const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } };
    return [...new Set(summary.violations.map(({ rule }) => rule.name))].sort();
  }

  it('takes the tree as it should be', () => {
    expect(broken()).toEqual([]);
  });

  it.each([
    ['src/keys/ring.ts', '../../plugins/one/src/index.js', 'src-imports-no-plugin'],
    ['src/keys/ring.ts', '../../sdk/kkp/ts/src/index.js', 'src-imports-no-plugin'],
    ['plugins/one/src/index.ts', '../../../src/keys/ring.js', 'plugins-know-only-the-kit'],
    ['plugins/one/src/index.ts', '../../two/src/index.js', 'plugins-know-only-the-kit'],
    ['plugins/kit/src/index.ts', '../../one/src/index.js', 'kit-knows-nobody'],
    ['plugins/kit/src/index.ts', '@nestjs/common', 'kit-knows-nobody'],
    ['sdk/kkp/ts/src/index.ts', '../../../../src/keys/ring.js', 'sdk-stands-alone'],
    ['sdk/kkp/ts/src/index.ts', '@nestjs/common', 'sdk-stands-alone'],
    ['src/cli/kkp.ts', '../../sdk/kkp/ts/src/index.js', 'cli-calls-by-the-sdk'],
    ['src/cli/kkp.ts', '../../plugins/one/src/index.js', 'cli-imports-no-plugin'],
    ['src/cli/kkp.ts', 'kkp-plugin-one', 'cli-imports-no-plugin'],
    ['src/cli/kkp.ts', 'kkp-plugin-memory', 'cli-imports-no-plugin'],
    ['src/keys/ring.ts', 'kkp-sdk', 'src-imports-no-plugin'],
    ['src/tokens/index.ts', '../keys/ring.js', 'features-meet-at-their-index'],
    ['src/kkp.module.ts', './server/index.js', 'embedders-see-no-server'],
    ['src/keys/ring.ts', './index.js', 'no-circular'],
    ['src/keys/ring.ts', 'fast-check', 'not-to-dev-dependencies'],
    ['src/keys/ring.ts', './absent.js', 'resolvable'],
    ['src/kkp.module.ts', './keys/ring.js', 'the-composition-meets-features-at-their-index'],
    ['src/keys/ring.ts', '@nestjs/platform-fastify', 'the-library-needs-no-platform'],
    ['plugins/one/src/index.ts', 'pino', 'packages-import-what-they-declare'],
    ['sdk/kkp/ts/src/index.ts', 'pino', 'packages-import-what-they-declare'],
    ['plugins/one/src/index.ts', '../../kit/src/index.js', 'plugins-name-the-kit'],
  ])('refuses %s importing %s', (file, target, rule) => {
    expect(broken(file, target)).toContain(rule);
  });

  const packageJson = () => JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as object;
});
