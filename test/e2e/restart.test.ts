import { Places } from '../unit/store/places.js';
import { startProcess, start, type RunningServer } from '../support/process.js';
import { send, GRANT } from '../support/server.js';
import { systemRandom } from '../../src/random.js';

const places = new Places();
const running: RunningServer[] = [];
afterEach(async () => {
  for (const { child, finished } of running.splice(0)) {
    child.kill('SIGKILL');
    await finished;
  }
  places.clear();
});

async function startWith(env: Record<string, string>): Promise<RunningServer> {
  const server = await startProcess(env);
  running.push(server);
  return server;
}

const durable = () => ({
  KKP_DATA_DIR: places.directory(),
  KKP_SEAL_KEY_FILE: places.file(systemRandom.bytes(32)),
});

const issue = async ({ url }: RunningServer, changes: object = {}): Promise<string> =>
  (await send(url, 'POST', '/token', { ...GRANT, ...changes })).body.token as string;
const isActive = async ({ url }: RunningServer, token: string): Promise<boolean> =>
  (await send(url, 'POST', '/introspect', { token })).body.active as boolean;
const kidOf = (token: string): string =>
  (JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid;
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { jti: string };

describe('a server that is killed and starts again on its data directory', () => {
  it('accepts its tokens, and none that was revoked by any rule', async () => {
    const env = durable();
    const first = await startWith(env);
    const signedByRevoked = await issue(first);
    await send(first.url, 'POST', '/revoke', { kid: kidOf(signedByRevoked) });
    const good = await issue(first);
    const byJti = await issue(first);
    const bySubject = await issue(first, { subject: 'svc-subject' });
    const byKey = await issue(first, { key_id: 'alias/other' });
    const rules = [
      { jti: claimsOf(byJti).jti },
      { subject: 'svc-subject' },
      { backend: 'aws', key_id: 'alias/other' },
    ];
    for (const rule of rules) expect((await send(first.url, 'POST', '/revoke', rule)).status).toBe(200);
    first.child.kill('SIGKILL');
    await first.finished;

    const again = await startWith(env);
    expect(await isActive(again, good)).toBe(true);
    for (const token of [signedByRevoked, byJti, bySubject, byKey]) {
      expect(await isActive(again, token)).toBe(false);
    }
    await send(again.url, 'POST', '/revoke', { before: Math.floor(Date.now() / 1000) + 1 });
    expect(await isActive(again, good)).toBe(false);
    again.child.kill('SIGKILL');
    await again.finished;
    expect(await isActive(await startWith(env), good)).toBe(false);
  });

  it('does not start beside one that runs on it', async () => {
    const env = durable();
    await startWith(env);
    const { code, stderr } = await start('dist/main.js', { KKP_LISTEN_ADDR: '127.0.0.1:0', ...env }).finished;
    expect(code).toBe(1);
    expect(stderr).toContain('another process uses it');
  });

  it.each<[string, () => Record<string, string>, string]>([
    ['no seal key', () => ({ KKP_DATA_DIR: places.directory() }), 'KKP_SEAL_KEY_FILE: got nothing'],
    [
      'a seal key and no directory',
      () => ({ KKP_SEAL_KEY_FILE: places.file(systemRandom.bytes(32)) }),
      'KKP_DATA_DIR: got nothing',
    ],
    [
      'a seal key that others can read',
      () => ({ ...durable(), KKP_SEAL_KEY_FILE: places.file(systemRandom.bytes(32), 0o644) }),
      'The seal key file: others than its owner may use it',
    ],
    [
      'a seal key of 16 bytes',
      () => ({ ...durable(), KKP_SEAL_KEY_FILE: places.file(systemRandom.bytes(16)) }),
      'exactly 32 random bytes',
    ],
  ])('does not start with %s', async (_name, env, text) => {
    const { code, stderr } = await start('dist/main.js', { KKP_LISTEN_ADDR: '127.0.0.1:0', ...env() })
      .finished;
    expect(code).toBe(1);
    expect(stderr).toContain(text);
  });
});

describe('a server without a data directory', () => {
  it('ends its tokens with itself', async () => {
    const first = await startWith({});
    const token = await issue(first);
    expect(await isActive(first, token)).toBe(true);
    first.child.kill('SIGKILL');
    await first.finished;
    expect(await isActive(await startWith({}), token)).toBe(false);
  });
});
