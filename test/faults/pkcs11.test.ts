import { OptionReader, type Host, type KmsPlugin } from 'kkp-plugin-kit';
import { Pkcs11Backend } from '../../plugins/pkcs11/src/backend.js';
import { parseConfig } from '../../plugins/pkcs11/src/config.js';
import { FAKE_WORKER } from '../../plugins/pkcs11/test/support/connection.js';
import { FakeToken, LABEL } from '../../plugins/pkcs11/test/support/fake-token.js';
import { Connection } from './connection.js';
import type { Outcome } from './fault-table.js';

/** A healthy call goes to another process: it must fit in on a busy machine. */
const DEADLINE_MS = 2000;
const DOWN: Outcome = { kms: 'unavailable', kkp: 'kms_unavailable' };

describe('a PKCS#11 module in its process', () => {
  let token: FakeToken;
  let connection: Connection;
  const pids: number[] = [];

  beforeEach(async () => {
    token = new FakeToken();
    token.createKey('orders');
    const log: Host['log'] = (_level, _message, fields) => {
      if (typeof fields?.pid === 'number') pids.push(fields.pid);
    };
    const limits = { callTimeoutMs: DEADLINE_MS, breakerFailures: 10_000 };
    connection = await (await Connection.open(pluginOf(token), 'orders', limits, log)).prepare();
  });
  afterEach(async () => {
    await connection.close();
    token.remove();
  });

  it('that crashes once costs the caller nothing: a new process answers', async () => {
    token.fault('C_Encrypt', { abort: true, once: true });
    expect(await connection.attempt('wrapKey')).toBe('ok');
  });

  it('that is killed costs the next caller nothing', async () => {
    process.kill(pids.at(-1)!, 'SIGKILL');
    expect(await connection.attempt('wrapKey')).toBe('ok');
  });

  it('that hangs ends its call in time, and works again when it goes on', async () => {
    const release = token.fault('C_Encrypt', { hang: true });
    expect(await connection.attempt('wrapKey')).toEqual(DOWN);
    release();
    expect(await connection.attempt('wrapKey')).toBe('ok');
  });

  it('whose process is stopped ends each call in time, and works again when it goes on', async () => {
    const pid = pids.at(-1)!;
    process.kill(pid, 'SIGSTOP');
    const endings = [connection.attempt('wrapKey'), connection.attempt('unwrapKey')];
    expect(await Promise.all(endings)).toEqual([DOWN, DOWN]);
    process.kill(pid, 'SIGCONT');
    expect(await connection.attempt('wrapKey')).toBe('ok');
  });
});

function pluginOf({ module, pinFile }: FakeToken): KmsPlugin {
  const config = parseConfig(new OptionReader({ module, pinFile, tokenLabel: LABEL }));
  const create = (host: Host) => new Pkcs11Backend(config, host, { worker: FAKE_WORKER });
  return { apiVersion: 1, kind: 'pkcs11', name: 'test', create };
}
