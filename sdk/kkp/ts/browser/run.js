/** Runs the built SDK over the shared vectors in headless Chromium; CHROMIUM names another program than /usr/bin/chromium. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PAGE, makeServer } from './server.js';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const TIMEOUT_MS = 120_000;
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What the page reports; throws when Chromium is missing or ends before that. */
async function runInChromium() {
  const profile = await mkdtemp(join(tmpdir(), 'kkp-chromium-'));
  let browser;
  const reported = new Promise((resolve, reject) => {
    const server = makeServer(resolve).listen(0, '127.0.0.1', () => {
      const url = `http://127.0.0.1:${server.address().port}${PAGE}`;
      const args = [...FLAGS, `--user-data-dir=${profile}`, url];
      browser = spawn(CHROMIUM, args, { stdio: 'ignore', timeout: TIMEOUT_MS });
      browser.on('error', reject);
      browser.on('exit', (code, signal) =>
        reject(new Error(`Chromium ended without a result (${signal ?? code})`)),
      );
    });
  });
  try {
    return await reported;
  } finally {
    await stop(browser);
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function stop(browser) {
  if (browser.pid === undefined || browser.exitCode !== null || browser.signalCode !== null) return;
  const ended = once(browser, 'exit');
  browser.kill();
  await ended;
}

try {
  const { passed, failures } = await runInChromium();
  failures.forEach((failure) => console.error(failure));
  console.log(`${passed} passed, ${failures.length} failed`);
  process.exit(failures.length === 0 && passed > 0 ? 0 : 1);
} catch (error) {
  console.error(`The browser test did not run: ${error.message}`);
  process.exit(1);
}
