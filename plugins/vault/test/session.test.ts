import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { unrefTimers } from '../src/timers.js';
import { FakeVault } from './fake/server.js';
import { LEAST } from './fake/tokens.js';
import { TransitAdmin } from './support/admin.js';
import { Connection, refusal, until } from './support/connection.js';
import { ManualTime } from './support/manual-time.js';

const HOUR = 3_600_000;
let time: ManualTime;
let server: FakeVault;
let folder: string;

beforeEach(async () => {
  time = new ManualTime(1_700_000_000_000);
  server = await FakeVault.start(time.now);
  await new TransitAdmin(server.address, server.rootToken).createKey('orders');
  folder = await mkdtemp(join(tmpdir(), 'kkp-vault-'));
});
afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

const approle = () =>
  ({ auth: 'approle', roleId: server.logins.roleId, secretId: server.logins.secretId }) as const;
const openAppRole = () => Connection.open(server, { time, options: approle() });
const openToken = (token: string) => Connection.open(server, { time, options: { token } });
const seen = (path: string) => server.seen.filter((request) => request.path === path).length;
const renewals = () => seen('auth/token/renew-self');
const logins = () => seen('auth/approle/login');
const settle = () => until('the renewal', () => time.pending > 0);

describe('a token with an end', () => {
  it('is renewed at two thirds of its life and not before, and again after that', async () => {
    await openAppRole();
    time.advance(HOUR * (2 / 3) - 1);
    expect(renewals()).toBe(0);
    time.advance(1);
    await until('the first renewal', () => renewals() === 1);
    await settle();
    time.advance(HOUR * (2 / 3));
    await until('the second renewal', () => renewals() === 2);
    expect(logins()).toBe(0);
  });

  it('still serves after more than its first life', async () => {
    const at = await openAppRole();
    for (let third = 0; third < 6; third += 1) {
      time.advance(HOUR / 3);
      await settle();
    }
    expect((await at.wrap()).key.version).toBe('v1');
    expect(logins()).toBe(0);
  });

  it('is replaced by a new login when its renewal fails', async () => {
    const at = await openAppRole();
    server.faults.add(/renew-self/, {
      kind: 'reply',
      reply: { status: 400, body: { errors: ['lease is not renewable'] } },
    });
    time.advance(HOUR * (2 / 3));
    await until('the login', () => logins() === 1);
    await settle();
    expect(await at.health()).toMatchObject({ status: 'up' });
  });

  it('is replaced when renewing no longer lengthens its life by half', async () => {
    server.logins.spec = { policy: LEAST, ttlSeconds: 3600, maxTtlSeconds: 4800 };
    await openAppRole();
    // At 2400 s: 2400 s are left, two thirds of the life. At 4000 s: 800 s.
    time.advance(2400_000);
    await until('the renewal', () => renewals() === 1);
    await settle();
    expect(logins()).toBe(0);
    time.advance(1600_000);
    await until('the login', () => logins() === 1);
  });

  it('that is not renewable is replaced at two thirds of its life', async () => {
    server.logins.spec = { policy: LEAST, ttlSeconds: 3600, renewable: false };
    await openAppRole();
    time.advance(HOUR * (2 / 3));
    await until('the login', () => logins() === 1);
    expect(renewals()).toBe(0);
  });

  it('is renewed when the machine slept over the due time', async () => {
    await openAppRole();
    time.sleep(HOUR * 0.9);
    time.advance(HOUR * (2 / 3));
    await until('the renewal or login', () => renewals() + logins() >= 1);
  });

  it('that fails to be replaced is tried again within 30 seconds, and says so once', async () => {
    const at = await openAppRole();
    server.state = 'sealed';
    time.advance(HOUR * (2 / 3));
    await until('the warning', () => at.logged.length === 1);
    expect(at.logged[0]).toMatchObject({ level: 'warn', fields: { code: 'unavailable', secondsLeft: 1200 } });
    expect(time.waits.at(-1)).toBeLessThanOrEqual(30_000);
    const before = server.seen.length;
    time.advance(30_000);
    await until('the second try', () => server.seen.length > before && time.pending > 0);
    expect(at.logged).toHaveLength(1);
    server.state = 'active';
    expect(await at.health()).toMatchObject({ status: 'degraded', detail: 'unavailable' });
    time.advance(30_000);
    await until('the renewal', () => renewals() >= 1 && time.waits.at(-1)! > 60_000);
    expect(await at.health()).toMatchObject({ status: 'up' });
  });
});

describe('a token that was given outright', () => {
  it('is renewed, and kept when its life ends for good', async () => {
    const token = server.tokens.issue({ policy: LEAST, ttlSeconds: 3600, maxTtlSeconds: 4000 });
    await openToken(token);
    time.advance(2400_000);
    await until('the renewal', () => renewals() === 1);
    await settle();
    time.advance(1100_000);
    await until('the second renewal', () => renewals() === 2);
    expect(server.seen.every(({ headers }) => headers['x-vault-token'] === token)).toBe(true);
  });

  it('and cannot be renewed makes the backend degraded at two thirds of its life', async () => {
    const at = await openToken(server.tokens.issue({ policy: LEAST, ttlSeconds: 3600, renewable: false }));
    time.advance(2399_000);
    expect(await at.health()).toMatchObject({ status: 'up' });
    time.advance(1000);
    await until('the warning', () => at.logged.length === 1);
    expect(await at.health()).toMatchObject({ status: 'degraded', detail: 'access-denied' });
    expect(renewals()).toBe(0);
  });

  it('and lives for ever needs no timer', async () => {
    await openToken(server.tokens.issue({ policy: LEAST }));
    expect(time.waits).toEqual([]);
  });
});

describe('timers', () => {
  it('never wait for longer than an hour, for a token of 60 days', async () => {
    server.logins.spec = { policy: LEAST, ttlSeconds: 60 * 24 * 3600 };
    await openAppRole();
    time.advance(40 * 24 * HOUR - 1);
    expect(renewals()).toBe(0);
    expect(Math.max(...time.waits)).toBeLessThanOrEqual(HOUR);
    time.advance(1);
    await until('the renewal', () => renewals() === 1);
  });

  it('are gone after close', async () => {
    const at = await openAppRole();
    await at.backend.close();
    expect(time.pending).toBe(0);
  });

  it('do not come back when a renewal ends after close', async () => {
    const at = await openAppRole();
    const letGo = server.hang();
    time.advance(HOUR * (2 / 3));
    await until('the renewal', () => renewals() === 1);
    await at.backend.close();
    letGo();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(time.pending).toBe(0);
    expect(at.logged).toEqual([]);
    expect(logins()).toBe(0);
  });

  it('keep no process alive', () => {
    const spy = jest.spyOn(globalThis, 'setTimeout');
    const cancel = unrefTimers.after(60_000, () => undefined);
    const timer = spy.mock.results[0]!.value as NodeJS.Timeout;
    expect(timer.hasRef()).toBe(false);
    cancel();
    spy.mockRestore();
  });
});

describe('a token that died', () => {
  it('is replaced by a login, once for all calls, and the same calls then succeed', async () => {
    const at = await openAppRole();
    await at.wrap();
    time.advance(60_000);
    server.tokens.revokeAll();
    const told = await Promise.all([refusal(at.wrap()), refusal(at.describe()), refusal(at.wrap())]);
    expect(told.map(({ code, side }) => `${String(code)} ${String(side)}`)).toEqual(
      Array(3).fill('unavailable proxy'),
    );
    expect(logins()).toBe(1);
    expect((await at.wrap()).key.version).toBe('v1');
  });

  it('is replaced by the health probe too', async () => {
    const at = await openAppRole();
    time.advance(60_000);
    server.tokens.revokeAll();
    expect(await at.health()).toMatchObject({ status: 'down', detail: 'unavailable' });
    expect(await at.health()).toMatchObject({ status: 'up' });
  });

  it('and cannot be replaced is access-denied on our side', async () => {
    const at = await openAppRole();
    time.advance(60_000);
    server.tokens.revokeAll();
    server.logins.secretId = 'another';
    expect(await refusal(at.wrap())).toMatchObject({
      code: 'access-denied',
      side: 'proxy',
      providerCode: '400 login refused',
    });
  });

  it('is not replaced over and over when even a fresh one is refused', async () => {
    server.logins.spec = { policy: [], ttlSeconds: 3600 };
    const at = await openAppRole();
    for (let call = 0; call < 5; call += 1) {
      expect(await refusal(at.describe())).toMatchObject({ code: 'access-denied', side: 'proxy' });
    }
    expect(logins()).toBe(0);
  });

  it('does not hold a call beyond its abort while KKP logs in', async () => {
    const at = await openAppRole();
    time.advance(60_000);
    server.tokens.revokeAll();
    server.faults.add(/approle/, { kind: 'hang' });
    const abort = new AbortController();
    const told = refusal(at.wrap('orders', { call: at.call({ signal: abort.signal }) }));
    await until('the login', () => logins() === 1);
    abort.abort();
    expect(await told).toMatchObject({ code: 'unavailable' });
    await at.backend.close();
  });

  it('tells nothing when Vault cannot be asked about it', async () => {
    const at = await openAppRole();
    time.advance(60_000);
    server.tokens.revokeAll();
    server.faults.add(/lookup-self/, {
      kind: 'reply',
      reply: { status: 503, body: { errors: ['Vault is sealed'] } },
    });
    expect(await refusal(at.describe())).toMatchObject({ code: 'unavailable', providerCode: '503 sealed' });
    expect(logins()).toBe(0);
  });
});

describe('credentials in files', () => {
  it('are read again at each login: secretIdFile', async () => {
    const secretIdFile = join(folder, 'secret-id');
    await writeFile(secretIdFile, `${server.logins.secretId}\n`);
    const options = { auth: 'approle', roleId: server.logins.roleId, secretIdFile } as const;
    const at = await Connection.open(server, { time, options });
    server.logins.secretId = 'rotated';
    await writeFile(secretIdFile, 'rotated');
    time.advance(60_000);
    server.tokens.revokeAll();
    await refusal(at.wrap());
    expect((await at.wrap()).key.version).toBe('v1');
  });

  it('log in to Kubernetes auth with the token of the service account', async () => {
    const jwtFile = join(folder, 'jwt');
    await writeFile(jwtFile, server.logins.jwt);
    const connection = new Connection(server, {
      time,
      options: { auth: 'kubernetes', role: 'kkp', jwtFile },
    });
    await connection.backend.open(connection.call());
    expect(server.seen.at(-1)).toMatchObject({ path: 'auth/kubernetes/login' });
    expect(JSON.parse(server.seen.at(-1)!.body)).toEqual({ role: 'kkp', jwt: server.logins.jwt });
    expect((await connection.wrap()).key.version).toBe('v1');
  });

  it('may hold the token itself, which another program renews', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, server.tokens.issue({ policy: LEAST, ttlSeconds: 3600 }));
    const at = await Connection.open(server, { time, options: { tokenFile } });
    await writeFile(tokenFile, server.tokens.issue({ policy: LEAST, ttlSeconds: 3600 }));
    time.advance(60_000);
    server.tokens.revoke(server.seen.at(-1)?.headers['x-vault-token'] as string);
    expect((await at.wrap()).key.version).toBe('v1');
  });

  it.each([
    ['is missing', undefined],
    ['is empty', ''],
    ['holds several lines', 'one\ntwo'],
  ])(
    'of which one %s are access-denied on our side, with the option and without the content',
    async (_what, content) => {
      const tokenFile = join(folder, 'token');
      if (content !== undefined) await writeFile(tokenFile, content);
      const at = new Connection(server, { time, options: { tokenFile } });
      const told = await refusal(at.backend.open(at.call()));
      expect(told).toMatchObject({
        code: 'access-denied',
        side: 'proxy',
        message: expect.stringContaining('tokenFile'),
      });
      expect(JSON.stringify(told)).not.toContain('two');
    },
  );

  it('use the mount of the auth method that was configured', async () => {
    const at = new Connection(server, { time, options: { ...approle(), authMount: 'team/approle' } });
    await refusal(at.backend.open(at.call()));
    expect(server.seen.at(-1)?.path).toBe('auth/team/approle/login');
  });
});

describe('open', () => {
  it('after close, and twice, is unavailable', async () => {
    const at = new Connection(server, { time, options: approle() });
    await at.backend.close();
    expect(await refusal(at.backend.open(at.call()))).toMatchObject({ code: 'unavailable' });
    const other = await openAppRole();
    expect(await refusal(other.backend.open(other.call()))).toMatchObject({ code: 'unavailable' });
  });

  it('that ends after close leaves no timer, and is unavailable', async () => {
    const at = new Connection(server, { time, options: approle() });
    const letGo = server.hang();
    const opened = refusal(at.backend.open(at.call()));
    await until('the login', () => logins() === 1);
    await at.backend.close();
    letGo();
    expect(await opened).toMatchObject({ code: 'unavailable' });
    expect(time.pending).toBe(0);
  });

  it('that failed can be closed', async () => {
    server.logins.secretId = 'another';
    const at = new Connection(server, { time, options: { ...approle(), secretId: 'wrong' } });
    expect(await refusal(at.backend.open(at.call()))).toMatchObject({ code: 'access-denied', side: 'proxy' });
    await at.backend.close();
    await at.backend.close();
  });
});
