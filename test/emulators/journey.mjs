// One envelope on its way through two real key services: made through AWS KMS (LocalStack), opened there and nowhere else,
// moved to Vault, opened there and no longer as AWS's. Prints a line for each step.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { KMS } from '@aws-sdk/client-kms';
import { PEERS as AWS, stop } from '../../plugins/aws/test/real/peers.mjs';
import { startVault } from '../../plugins/vault/test/real/start.mjs';

const REGION = 'eu-west-1';
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const endings = [];

try {
  const aws = await awsKey();
  const vault = await vaultKey();
  const call = await kkp([
    { kind: 'aws', name: 'aws', region: REGION, endpoint: aws.endpoint, ...CREDENTIALS },
    { kind: 'vault', name: 'vault', address: vault.address, token: vault.token },
  ]);
  await travel(call, aws.keyId, 'orders');
} finally {
  for (const end of endings.reverse()) await end();
}

async function travel(call, awsKeyId, vaultKeyId) {
  const token = async (backend, key_id) =>
    (await call('/token', { subject: 'billing', audience: 'reports', backend, key_id })).body.token;
  const [forAws, forVault] = [await token('aws', awsKeyId), await token('vault', vaultKeyId)];
  const decrypt = (asToken, envelope) => call('/envelope/decrypt', { token: asToken, envelope });

  const { envelope } = (
    await call('/envelope/encrypt', { backend: 'aws', key_id: awsKeyId, plaintext: 'attack at dawn' })
  ).body;
  told('made through AWS KMS', envelope.backend, 'aws');
  told('opened there', (await decrypt(forAws, envelope)).body.plaintext, 'attack at dawn');
  told("with a token for Vault's key", (await decrypt(forVault, envelope)).body.error, 'policy_denied');
  const posing = { ...envelope, backend: 'vault', key_id: vaultKeyId };
  told('as if it were made through Vault', (await decrypt(forVault, posing)).body.error, 'envelope_error');

  const moved = (
    await call('/envelope/rewrap', { token: forAws, envelope, backend: 'vault', key_id: vaultKeyId })
  ).body.envelope;
  told('moved to Vault', moved.backend, 'vault');
  told('opened there', (await decrypt(forVault, moved)).body.plaintext, 'attack at dawn');
  told("with the token for AWS' key", (await decrypt(forAws, moved)).body.error, 'policy_denied');
  const back = { ...moved, backend: 'aws', key_id: awsKeyId };
  told('as if it were made through AWS', (await decrypt(forAws, back)).body.error, 'envelope_error');
}

function told(step, got, expected) {
  assert.equal(got, expected, step);
  console.log(`${step}: ${got}`);
}

async function awsKey() {
  const { server, ready } = await AWS.localstack();
  endings.push(() => stop(server));
  const endpoint = await ready;
  const admin = new KMS({ region: REGION, endpoint, credentials: { ...CREDENTIALS } });
  endings.push(() => admin.destroy());
  return { endpoint, keyId: (await admin.createKey({})).KeyMetadata.Arn };
}

async function vaultKey() {
  const { address, token, stop } = await startVault();
  endings.push(stop);
  const admin = async (path, fields) => {
    const headers = { 'x-vault-token': token };
    const answer = await fetch(`${address}/v1/${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(fields),
    });
    assert.ok(answer.ok, path);
  };
  await admin('sys/mounts/transit', { type: 'transit' });
  await admin('transit/keys/orders', {});
  return { address, token };
}

/** A server with these backends, and a way to call it. */
async function kkp(backends) {
  const folder = mkdtempSync(join(tmpdir(), 'kkp-journey-'));
  endings.push(() => rmSync(folder, { recursive: true }));
  const config = join(folder, 'kkp.json');
  writeFileSync(config, JSON.stringify({ backends }), { mode: 0o600 });
  const entry = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
  const server = spawn(process.execPath, [entry], {
    env: { KKP_LISTEN_ADDR: '127.0.0.1:0', KKP_CONFIG: config },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(server, 'exit');
  endings.push(async () => {
    server.kill('SIGTERM');
    await ended;
  });
  const url = await listening(server.stdout);
  server.stdout.resume();
  return async (path, body) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: answer.status, body: await answer.json() };
  };
}

async function listening(stdout) {
  for await (const line of createInterface({ input: stdout })) {
    const { msg, address } = JSON.parse(line);
    if (msg === 'listening') return address;
  }
  throw new Error('KKP did not start.');
}
