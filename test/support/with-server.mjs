// Runs a command beside a real server: node test/support/with-server.mjs COMMAND [ARG ...]
// The command finds the server's address in KKP_TEST_URL; its exit code is this one's.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const [command, ...args] = process.argv.slice(2);
const entry = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const server = spawn(process.execPath, [entry], {
  env: { KKP_LISTEN_ADDR: '127.0.0.1:0' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const exited = once(server, 'exit');

async function address() {
  for await (const line of createInterface({ input: server.stdout })) {
    const { msg, address: url } = JSON.parse(line);
    if (msg === 'listening') return url;
  }
  throw new Error('the server did not start');
}

try {
  const env = { ...process.env, KKP_TEST_URL: await address() };
  server.stdout.resume();
  const [code] = await once(spawn(command, args, { env, stdio: 'inherit' }), 'exit');
  process.exitCode = code ?? 1;
} finally {
  server.kill('SIGTERM');
  await exited;
}
