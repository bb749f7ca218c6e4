/**
 * Runs the suite against SoftHSM2 through the real addon and the plugin as it is packed. Needs the Debian packages
 * softhsm2 and opensc, a C++ compiler, make and Python. Installs pkcs11js into .cache and nowhere else. Arguments go to
 * jest.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ADDON = 'pkcs11js@2.1.7';
const MODULES = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib64/pkcs11/libsofthsm2.so'];

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const home = join(root, '.cache', 'pkcs11-real');
const packages = join(home, 'node_modules');
const module = process.env.SOFTHSM2_MODULE ?? MODULES.find((path) => existsSync(path));
if (module === undefined)
  throw new Error(`SoftHSM2 is not installed: none of ${MODULES.join(', ')} is there.`);

const run = (command, args, options) => execFileSync(command, args, { stdio: 'inherit', ...options });

/**
 * npm 11 runs no install script that nobody approved, so the addon is built by npm's own node-gyp. The headers are those
 * beside the running Node, as its archives and images have them: nothing is downloaded. Without them node-gyp would
 * fetch them from nodejs.org.
 */
function installAddon() {
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
  const binary = join(packages, 'pkcs11js', 'build', 'Release', 'pkcs11.node');
  if (existsSync(binary)) return;
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ADDON], { cwd: home });
  const prefix = dirname(dirname(process.execPath));
  const headers = existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? [`--nodedir=${prefix}`] : [];
  const gyp = process.env.npm_config_node_gyp;
  if (gyp === undefined) throw new Error('Run this by npm: npm run test:softhsm -w plugins/pkcs11');
  run(process.execPath, [gyp, 'rebuild', ...headers], { cwd: join(packages, 'pkcs11js') });
}

/** What npm would install of the plugin and the kit, beside the addon. */
function installPlugin() {
  run('npx', ['tsc', '-b', 'plugins/pkcs11'], { cwd: root });
  for (const name of ['kit', 'pkcs11']) {
    const to = join(packages, `kkp-plugin-${name}`);
    rmSync(to, { recursive: true, force: true });
    for (const part of ['package.json', 'dist']) {
      cpSync(join(root, 'plugins', name, part), join(to, part), { recursive: true });
    }
  }
}

function makeToken(directory) {
  const conf = join(directory, 'softhsm2.conf');
  mkdirSync(join(directory, 'tokens'));
  writeFileSync(
    conf,
    `directories.tokendir = ${join(directory, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  writeFileSync(join(directory, 'pin'), '4321\n', { mode: 0o600 });
  const env = { ...process.env, SOFTHSM2_CONF: conf };
  run(
    'softhsm2-util',
    ['--init-token', '--free', '--label', 'kkp', '--so-pin', '87654321', '--pin', '4321'],
    { env },
  );
  return env;
}

installAddon();
installPlugin();
const directory = mkdtempSync(join(tmpdir(), 'kkp-softhsm-'));
try {
  const env = {
    ...makeToken(directory),
    KKP_PKCS11_HOME: home,
    KKP_PKCS11_MODULE: module,
    KKP_PKCS11_PIN_FILE: join(directory, 'pin'),
  };
  const what = process.argv.includes('--measure')
    ? [fileURLToPath(new URL('measure.mjs', import.meta.url))]
    : [
        '--experimental-vm-modules',
        '--disable-warning=ExperimentalWarning',
        `${root}node_modules/jest/bin/jest.js`,
        '--testMatch=**/plugins/pkcs11/test/real/*.real.ts',
        '--runInBand',
        ...process.argv.slice(2),
      ];
  process.exitCode = spawnSync(process.execPath, what, { cwd: root, stdio: 'inherit', env }).status ?? 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
