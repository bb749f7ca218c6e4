import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isKmsPluginFactory, KmsPluginConfigError, type KmsPluginFactory } from 'kkp-plugin-kit';

const PLUGINS = fileURLToPath(new URL('../../plugins/', import.meta.url));
const FIVE_FILES = ['index.ts', 'config.ts', 'backend.ts', 'client.ts', 'errors.ts'];

const folders = readdirSync(PLUGINS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'kit')
  .map(({ name }) => name);

describe.each(folders)('plugins/%s', (folder) => {
  const read = (path: string) => readFileSync(`${PLUGINS}${folder}/${path}`, 'utf8');

  it('is the package of its name, whose default export makes that kind', async () => {
    expect((JSON.parse(read('package.json')) as { name: string }).name).toBe(`kkp-plugin-${folder}`);
    expect((await factoryOf(folder)).kind).toBe(folder);
  });

  it('has the files that every plugin has', () => {
    expect(FIVE_FILES.filter((file) => !existsSync(`${PLUGINS}${folder}/src/${file}`))).toEqual([]);
  });

  it('runs the conformance suite', () => {
    expect(read('test/contract.test.ts')).toMatch(/^\s*describeKmsBackend\(/m);
  });

  it('documents each of its options in the table of its README, and no other', async () => {
    expect(tableOf(read('README.md'))).toEqual(optionsOf(await factoryOf(folder)));
  });
});

async function factoryOf(folder: string): Promise<KmsPluginFactory> {
  const { default: factory }: { default: unknown } = await import(`${PLUGINS}${folder}/src/index.ts`);
  if (isKmsPluginFactory(factory)) return factory;
  throw new Error(`The default export of plugins/${folder} is not made by defineKmsPlugin.`);
}

/** The options that a factory reads, from what it says of one that it does not know. */
function optionsOf(factory: KmsPluginFactory): readonly string[] {
  try {
    factory({ 'not-an-option': true });
  } catch (error) {
    if (!(error instanceof KmsPluginConfigError)) throw error;
    const unknown = error.faults.find(({ path }) => path === 'not-an-option');
    return (unknown?.allowed.replace(/^.* are /, '').split(', ') ?? []).sort();
  }
  return [];
}

/** The first column of the table below "## Options". */
function tableOf(readme: string): readonly string[] {
  const section = readme.split(/^## Options$/m)[1]?.split(/^## /m)[0] ?? '';
  return [...section.matchAll(/^\| `(\w+)`/gm)].map((match) => match[1]!).sort();
}
