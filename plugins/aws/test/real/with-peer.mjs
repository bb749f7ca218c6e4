// Runs the conformance suite against moto or LocalStack: node test/real/with-peer.mjs moto|localstack [ARGUMENTS OF JEST]
// The first run installs the pinned packages into .cache at the root of the repository.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { PEERS, stop } from './peers.mjs';

const [name = '', ...jestArguments] = process.argv.slice(2);
const start = PEERS[name];
if (!start) throw new Error(`Say which peer: ${Object.keys(PEERS).join(' or ')}.`);

const { server, ready } = await start();
const exited = once(server, 'exit');
const died = exited.then(() => Promise.reject(new Error(`${name} ended before it was ready.`)));
died.catch(() => undefined);

try {
  const env = { ...process.env, PEER_URL: await Promise.race([ready, died]), PEER_PID: String(server.pid) };
  const jest = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--testMatch',
    `**/plugins/aws/test/real/${name}.real.ts`,
    '-w',
    '1',
    ...jestArguments,
  ];
  const cwd = fileURLToPath(new URL('../../../../', import.meta.url));
  const [code] = await once(spawn(process.execPath, jest, { cwd, env, stdio: 'inherit' }), 'exit');
  process.exitCode = code ?? 1;
} finally {
  await stop(server);
}
