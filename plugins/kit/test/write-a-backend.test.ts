import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RULES } from 'kkp-plugin-kit/testkit';
import { blocksOf } from './support/document.js';
import { Registry } from './support/registry.js';
import { Workplace } from './support/workplace.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MODULES = `${ROOT}node_modules`;
const DOCUMENT = readFileSync(`${ROOT}plugins/kit/docs/write-a-backend.md`, 'utf8');

/** Packs what a stranger gets: the server, the kit, and the plugins that come with the server. */
function packAll(folder: string): readonly string[] {
  const plugins = readdirSync(`${ROOT}plugins`).filter((name) =>
    existsSync(`${ROOT}plugins/${name}/package.json`),
  );
  const spaces = plugins.flatMap((name) => ['-w', `plugins/${name}`]);
  const args = [
    'pack',
    '--ignore-scripts',
    '--silent',
    '--pack-destination',
    folder,
    '--include-workspace-root',
  ];
  const { status, stderr } = spawnSync('npm', [...args, ...spaces], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return readdirSync(folder).map((name) => join(folder, name));
}

describe('a stranger who follows docs/write-a-backend.md', () => {
  const packed = mkdtempSync(join(tmpdir(), 'kkp-packed-'));
  const registry = new Registry(MODULES);
  let workplace: Workplace;

  beforeAll(async () => {
    await registry.start(packAll(packed));
    workplace = new Workplace(registry, MODULES);
  });
  afterAll(async () => {
    await workplace.leave();
    await registry.stop();
    rmSync(packed, { recursive: true });
  });

  it('has a conformant plugin in a real server in the end, and no cloud SDK', async () => {
    let url = 'http://127.0.0.1:8080';
    const outputs: string[] = [];
    for (const { action, argument, text } of blocksOf(DOCUMENT)) {
      if (action === 'file' || action === 'check') workplace.write(argument!, text);
      else if (action === 'server') url = await workplace.serve(text);
      else {
        const { code, stdout, stderr } = await workplace.run(text.replace('http://127.0.0.1:8080', url));
        if ((code === 0) === (argument === 'fails'))
          throw new Error(`${text}\nended with ${code}:\n${stdout}${stderr}`);
        outputs.push(stdout);
      }
    }
    const [, red, green, , checked, opened] = outputs;
    expect(red).toMatch(/There is no client for kms\.example yet|# fail [1-9]/);
    const [passed, skipped] = ['pass', 'skipped'].map((what) =>
      Number(new RegExp(`^[#ℹ] ${what} (\\d+)$`, 'm').exec(green!)?.[1]),
    );
    expect(passed! + skipped!).toBe(RULES.length);
    expect(green).toMatch(/^[#ℹ] fail 0$/m);
    expect(checked).toMatch(/kind: kkp-plugin-mine/);
    expect(checked).not.toMatch(/token: secret/);
    expect(opened).toBe('attack at dawn\n');
    const installed = readdirSync(join(workplace.place, 'node_modules'));
    expect(installed).toEqual(
      expect.arrayContaining(['keyless-kms-proxy', 'kkp-plugin-mine', 'kkp-plugin-aws']),
    );
    expect(
      installed.filter((name) => /^(@aws-sdk|@azure|@google-cloud|google-auth-library|pkcs11js)$/.test(name)),
    ).toEqual([]);
  }, 180_000);
});

describe('the commands of a document', () => {
  it('are refused where nothing says what to do with them', () => {
    expect(() => blocksOf('Text.\n\n```sh\ntrue\n```\n')).toThrow(/Nothing says what to do/);
  });
});
