// Runs the README's tour, word for word, with bash and curl against a real server, and looks at what it prints.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
const tour = /<!-- tour -->\s+```sh\n([^]*?)```/.exec(readme)?.[1] ?? assert.fail('there is no tour');
const url = process.env.KKP_TEST_URL ?? assert.fail('KKP_TEST_URL is not set');
const script = tour.replace('http://127.0.0.1:8080', url);
assert.notEqual(script, tour, 'the tour names the address of the server');

const { stdout, stderr, status } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
  encoding: 'utf8',
});
assert.equal(status, 0, stderr);
console.log(stdout);
const lines = stdout
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const [
  envelope,
  opened,
  denied,
  jwks,
  rotated,
  again,
  moved,
  elsewhere,
  dataKey,
  reopened,
  exchanged,
  mistake,
] = lines;
assert.equal(envelope.associated_data, 'order 7');
assert.equal(opened.plaintext, 'attack at dawn');
assert.equal(denied.error, 'policy_denied');
assert.equal(jwks.keys.length, 2);
assert.ok(jwks.keys.some(({ kid }) => kid === rotated.kid));
assert.equal(again.plaintext, 'attack at dawn');
assert.equal(moved.backend, 'azure');
assert.equal(elsewhere.error, 'policy_denied');
assert.equal(dataKey.envelope.backend, 'gcp');
assert.equal(reopened.plaintext_base64, dataKey.plaintext_base64);
assert.equal(exchanged.scope, 'decrypt');
assert.match(mistake.message, /900/);
console.log('1 passed, 0 failed');
