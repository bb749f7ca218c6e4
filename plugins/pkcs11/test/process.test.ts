import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isAlive, PLAINTEXT, refusal, until } from './support/connection.js';
import { LABEL, PIN, type Fault } from './support/fake-token.js';
import { useFakeToken } from './support/using.js';

const fake = useFakeToken();
const GONE = { code: 'unavailable', side: 'provider', message: 'The process of the module ended.' };

describe('a module that crashes', () => {
  it.each<[string, string, Fault]>([
    ['aborts in C_Encrypt', 'C_Encrypt', { abort: true, once: true }],
    ['ends by SIGSEGV in C_Encrypt', 'C_Encrypt', { segfault: true, once: true }],
    ['exits in C_EncryptInit', 'C_EncryptInit', { exit: 0, once: true }],
    ['exits in C_FindObjects', 'C_FindObjects', { exit: 3, once: true }],
  ])(
    'that %s takes its calls down, and the next call is served by a new process',
    async (_what, call, fault) => {
      const connection = await fake.open();
      const { pid } = connection;
      fake.token.fault(call, fault);
      expect(await refusal(connection.wrap())).toMatchObject(GONE);
      const wrapped = await connection.wrap();
      expect((await connection.unwrap(wrapped)).plaintext).toEqual(PLAINTEXT);
      expect(connection.pid).not.toBe(pid);
      expect(isAlive(pid)).toBe(false);
    },
  );

  it('fails every call that was in it at once, and none that was still waiting', async () => {
    const connection = await fake.open({ sessions: 3 });
    const release = fake.token.fault('C_Encrypt', { hang: true });
    const calls = Array.from({ length: 5 }, () => refusal(connection.wrap()));
    let asked: string[] = [];
    await until('three encryptions', () => {
      asked = [...asked, ...fake.token.calls()];
      return asked.filter((line) => line.endsWith('hangs in C_Encrypt')).length === 3;
    });
    process.kill(connection.pid, 'SIGKILL');
    expect(await Promise.all(calls.slice(0, 3))).toEqual(Array(3).fill(expect.objectContaining(GONE)));
    release();
    expect(await Promise.all(calls.slice(3))).toEqual([{ code: 'none' }, { code: 'none' }]);
  });

  it('is replaced before the next call when it was idle', async () => {
    const connection = await fake.open();
    process.kill(connection.pid, 'SIGKILL');
    await until('a second process', () => connection.ready.length === 2);
    expect(await refusal(connection.wrap())).toEqual({ code: 'none' });
    expect(connection.logged.filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        message: 'The process of the PKCS#11 module ended.',
        fields: expect.objectContaining({ cause: 'SIGKILL' }),
      },
    ]);
  });

  it('again within a minute is started again after a pause, in which calls are refused at once', async () => {
    const connection = await fake.open();
    process.kill(connection.pid, 'SIGKILL');
    await until('a second process', () => connection.ready.length === 2);
    process.kill(connection.pid, 'SIGKILL');
    await until('a pause', () => connection.time.waits.at(-1) === 500);
    expect(await refusal(connection.wrap())).toMatchObject(GONE);
    expect(await connection.health()).toMatchObject({ status: 'down', detail: 'unavailable' });
    expect(connection.ready).toHaveLength(2);
    connection.time.advance(500);
    await until('a third process', () => connection.ready.length === 3);
    expect(await refusal(connection.wrap())).toEqual({ code: 'none' });
  });

  it('after more than a minute is started again at once', async () => {
    const connection = await fake.open();
    for (const count of [2, 3, 4]) {
      connection.time.advance(60_000);
      process.kill(connection.pid, 'SIGKILL');
      await until(`process ${count}`, () => connection.ready.length === count);
    }
  });

  it('and does not start again is tried again after pauses that double, up to 30 seconds', async () => {
    const connection = await fake.open();
    const release = fake.token.fault('C_Initialize', { rv: 'DEVICE_ERROR' });
    process.kill(connection.pid, 'SIGKILL');
    const failed = () => connection.logged.filter(({ level }) => level === 'error').length;
    const pauses = [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000];
    for (const [index, pause] of pauses.entries()) {
      await until(`failure ${index + 1}`, () => failed() === index + 1);
      expect(connection.time.waits.at(-1)).toBe(pause);
      if (index === pauses.length - 1) release();
      connection.time.advance(pause);
    }
    await until('a second process', () => connection.ready.length === 2);
    expect(await refusal(connection.wrap())).toEqual({ code: 'none' });
  });
});

describe('a module that hangs', () => {
  it.each([
    ['on the main thread', 'C_EncryptInit'],
    ['on a thread of the pool', 'C_Encrypt'],
  ])(
    '%s leaves a call no longer than its deadline, and is replaced after hungSeconds',
    async (_what, call) => {
      const connection = await fake.open({ hungSeconds: 20 });
      const { pid } = connection;
      fake.token.fault(call, { hang: true, once: true });
      const refused = refusal(connection.wrap('orders', { call: connection.call({ withinMs: 5000 }) }));
      await until(call, () => fake.token.calls().some((line) => line.endsWith(`hangs in ${call}`)));
      connection.time.advance(4999);
      await new Promise((resolve) => setImmediate(resolve));
      connection.time.advance(1);
      expect(await refused).toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('deadline'),
      });
      expect(isAlive(pid)).toBe(true);
      connection.time.advance(15_000);
      await until('a second process', () => connection.ready.length === 2);
      expect(isAlive(pid)).toBe(false);
      expect(await refusal(connection.wrap())).toEqual({ code: 'none' });
    },
  );

  it('in one operation does not keep the other sessions from working', async () => {
    const connection = await fake.open({ sessions: 2 });
    fake.token.fault('C_Encrypt', { hang: true, once: true });
    const hanging = refusal(connection.wrap());
    expect(await refusal(connection.wrap())).toEqual({ code: 'none' });
    expect(connection.ready).toHaveLength(1);
    process.kill(connection.pid, 'SIGKILL');
    expect(await hanging).toMatchObject(GONE);
  });

  it('at the login ends the open at its deadline, and its process with it', async () => {
    const connection = fake.connect();
    fake.token.fault('C_Login', { hang: true, once: true });
    const refused = refusal(connection.backend.open(connection.call({ withinMs: 5000 })));
    let asked: string[] = [];
    await until('the login', () =>
      (asked = [...asked, ...fake.token.calls()]).some((line) => line.endsWith('hangs in C_Login')),
    );
    connection.time.advance(5000);
    expect(await refused).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('deadline'),
    });
    const pid = Number.parseInt(asked[0]!, 10);
    await until('the end of the process', () => !isAlive(pid));
    expect(connection.ready).toEqual([]);
  });
});

describe('the process of the module', () => {
  it('ends its sessions and itself when the backend is closed', async () => {
    const connection = await fake.open();
    const { pid } = connection;
    await connection.backend.close();
    expect(fake.token.calls().filter((line) => line.endsWith('C_Finalize'))).toHaveLength(1);
    expect(isAlive(pid)).toBe(false);
    connection.time.advance(600_000);
    expect(connection.ready).toHaveLength(1);
  });

  it('is killed a second after the closing when the module hangs', async () => {
    const connection = await fake.open();
    const { pid } = connection;
    fake.token.fault('C_FindObjectsInit', { hang: true, once: true });
    const refused = refusal(connection.wrap());
    await until('the hang', () =>
      fake.token.calls().some((line) => line.endsWith('hangs in C_FindObjectsInit')),
    );
    const closed = connection.backend.close();
    connection.time.advance(999);
    expect(isAlive(pid)).toBe(true);
    connection.time.advance(1);
    await closed;
    expect(await refused).toMatchObject({ code: 'unavailable' });
    expect(isAlive(pid)).toBe(false);
  });

  it('is not left over when the backend is closed while it opens', async () => {
    const connection = fake.connect();
    const refused = refusal(connection.backend.open(connection.call()));
    await connection.backend.close();
    expect(await refused).toMatchObject({ code: 'unavailable' });
    expect(connection.ready).toEqual([]);
  });

  it.each([
    ['idle', undefined],
    ['hanging on its main thread', 'C_FindObjectsInit'],
    ['hanging in an operation', 'C_Encrypt'],
  ])('dies with a KKP that is killed, when it is %s', async (_what, call) => {
    const script = fileURLToPath(new URL('fake/parent.mjs', import.meta.url));
    const parent = spawn(process.execPath, [script, fake.token.module, fake.token.pinFile, LABEL], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
    const pid = Number(line);
    if (call) {
      fake.token.calls();
      fake.token.fault(call, { hang: true, once: true });
      parent.stdin.write('wrap\n');
      await until('the hang', () => fake.token.calls().some((asked) => asked.endsWith(`hangs in ${call}`)));
    }
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until('the end of the process', () => !isAlive(pid));
  });

  it('gets the variables that are named, no arguments, and no PIN but by its channel', async () => {
    process.env.KKP_TEST_WANTED = 'wanted';
    process.env.KKP_TEST_SECRET = PIN;
    const connection = fake.connect({
      env: ['KKP_TEST_WANTED', 'KKP_TEST_UNSET'],
      pinEnv: 'KKP_TEST_SECRET',
    });
    await connection.backend.open(connection.call());
    expect(fake.token.calls()[0]).toMatch(/ env=KKP_TEST_WANTED,UV_THREADPOOL_SIZE argv=$/);
    for (const file of ['environ', 'cmdline']) {
      expect(readFileSync(`/proc/${connection.pid}/${file}`, 'latin1')).not.toContain(PIN);
    }
    expect(JSON.stringify(connection.logged)).not.toContain(PIN);
  });

  it.each([
    ['does not speak the protocol', 'worker-babbling.mjs', GONE.message],
    ['is not there', 'no-such-file.mjs', GONE.message],
    ['finds no addon', 'worker-without-addon.mjs', 'npm install pkcs11js'],
  ])('that %s makes the open unavailable', async (_what, file, message) => {
    const connection = fake.connect({}, new URL(`fake/${file}`, import.meta.url));
    expect(await refusal(connection.backend.open(connection.call()))).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(message),
    });
    expect(connection.ready).toEqual([]);
  });
});
