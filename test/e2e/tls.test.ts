import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { Authority, type Issued } from '../support/certificates.js';
import { ask } from '../support/https.js';
import { start, startProcess, type RunningServer } from '../support/process.js';
import { GRANT } from '../support/server.js';

const SVID = 'spiffe://example.org/billing';
const POLICY = `package kkp.authz

default allow := false

allow if {
  input.caller.kind == "mtls"
  input.caller.id == "${SVID}"
  input.caller.attributes["x5t#S256"]
}
`;
/** Until nothing listens on the port any more. */
async function untilRefused(port: number): Promise<void> {
  for (;;) {
    const socket = connectTcp(port, '127.0.0.1');
    const refused = await once(socket, 'connect').then(
      () => false,
      () => true,
    );
    socket.destroy();
    if (refused) return;
  }
}

const REFUSED = /^(ECONNRESET|EPIPE|ERR_SSL_.*)$/;

describe('HTTPS', () => {
  let folder: string;
  let [authority, other]: Authority[] = [];
  let server: RunningServer;
  let good: Issued;
  let strange: Issued;
  let old: Issued;

  const file = (name: string, text: string, mode = 0o600): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode });
    return path;
  };
  const config = (
    name: string,
    more: string,
    callers = '{kind: mtls, idFrom: spiffe, trustDomain: example.org}',
  ) =>
    file(
      name,
      `callers: [${callers}]
tls: {cert_file: ${folder}/tls.pem, key_file: ${folder}/tls.key, client_ca_file: ${folder}/ca.pem, ${more}}
limits: {request_timeout_ms: 1000, body_bytes: 2048}
`,
    );
  const serve = (path: string) =>
    startProcess({ KKP_CONFIG: path, KKP_POLICY_PATH: join(folder, 'policy.rego') });
  const stop = async ({ child, finished }: RunningServer) => {
    child.kill('SIGTERM');
    return finished;
  };
  const issueServer = async (): Promise<Issued> => {
    const issued = await authority!.issue({ names: [{ type: 'ip', value: '127.0.0.1' }] });
    file('tls.pem', issued.cert);
    file('tls.key', issued.key);
    return issued;
  };
  const token = (options: object, body = JSON.stringify(GRANT), headers = {}) =>
    ask(
      `${server.url}/token`,
      {
        method: 'POST',
        ca: authority!.cert,
        headers: { 'content-type': 'application/json', ...headers },
        ...options,
      },
      body,
    );
  const raw = async (options: object = {}): Promise<TLSSocket> => {
    const socket = connect({
      port: Number(new URL(server.url).port),
      host: '127.0.0.1',
      ca: authority!.cert,
      ...options,
    });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    return socket;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kkp-tls-'));
    [authority, other] = await Promise.all([Authority.create(), Authority.create()]);
    const wanted = { names: [{ type: 'url', value: SVID }] } as const;
    good = await authority.issue(wanted);
    strange = await other.issue(wanted);
    old = await authority.issue({ ...wanted, to: Date.now() - 60_000 });
    file('ca.pem', authority.cert);
    file('policy.rego', POLICY);
    await issueServer();
    server = await serve(config('optional.yaml', 'client_certificate: optional'));
  });
  afterAll(async () => {
    expect(await stop(server)).toMatchObject({ code: 0, stderr: '' });
    rmSync(folder, { recursive: true });
  });

  it('says in its log where it listens', () => {
    expect(server.url).toMatch(/^https:\/\/127\.0\.0\.1:/);
  });

  it.each(['TLSv1.2', 'TLSv1.3'])('knows its caller by a certificate over %s', async (version) => {
    expect(await token({ ...good, minVersion: version, maxVersion: version })).toBe(200);
  });

  it('serves nobody where a certificate is optional, and refuses what needs a caller', async () => {
    expect(await token({})).toBe(401);
    expect(await ask(`${server.url}/livez`, { ca: authority!.cert })).toBe(200);
  });

  it.each([
    ['another authority of the same name', () => strange],
    ['an earlier time', () => old],
  ])('ends the connection of a certificate of %s', async (_name, certificate) => {
    expect(await token(certificate())).toMatch(REFUSED);
    expect(await ask(`${server.url}/livez`, { ca: authority!.cert, ...certificate() })).toMatch(REFUSED);
  });

  it('does not resume a session, which would prove no certificate', async () => {
    const sessions: Buffer[] = [];
    const first = await raw({ ...good, maxVersion: 'TLSv1.2' });
    first.on('session', (session: Buffer) => sessions.push(session));
    const session = first.getSession();
    first.destroy();
    const second = await raw({ ...good, maxVersion: 'TLSv1.2', ...(session && { session }) });
    expect(second.isSessionReused()).toBe(false);
    second.destroy();
    expect(sessions).toEqual([]);
  });

  it('is not spoken by HTTP', async () => {
    const answer = fetch(server.url.replace('https', 'http') + '/livez').then(({ status }) => status);
    await expect(answer).rejects.toThrow();
  });

  it('keeps the limits of HTTP', async () => {
    expect(await token(good, JSON.stringify({ ...GRANT, subject: 'x'.repeat(3000) }))).toBe(413);
    expect(await token(good, '{}', { 'x-long': 'x'.repeat(20_000) })).toBe(431);
    const slow = await raw();
    slow.write('POST /token HTTP/1.1\r\nHost: a\r\n');
    let answer = '';
    slow.setEncoding('utf8').on('data', (text: string) => (answer += text));
    await once(slow, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('ends a handshake that takes longer than a request may', async () => {
    const socket = connectTcp(Number(new URL(server.url).port), '127.0.0.1').on('error', () => undefined);
    socket.write(Buffer.from([0x16, 0x03, 0x01]));
    await once(socket.resume(), 'close');
  });

  it('serves new certificates after SIGHUP, and the old ones where the new ones are bad', async () => {
    const serial = async (): Promise<string> => {
      const socket = await raw();
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.destroy();
      return fingerprint256;
    };
    const first = await serial();
    file('tls.key', good.key);
    server.child.kill('SIGHUP');
    await server.logged('certificates not reloaded, the old ones go on');
    expect(await serial()).toBe(first);
    await issueServer();
    file('ca.pem', other!.cert);
    server.child.kill('SIGHUP');
    await server.logged('certificates reloaded');
    expect(await serial()).not.toBe(first);
    expect([await token(good), await token(strange)]).toEqual([expect.stringMatching(REFUSED), 200]);
    file('ca.pem', authority!.cert);
  });

  it('ends although connections are open that nobody uses', async () => {
    const another = await serve(config('idle.yaml', 'client_certificate: optional'));
    const url = new URL(another.url);
    const idle = connect({ port: Number(url.port), host: '127.0.0.1', ca: authority!.cert });
    const silent = connectTcp(Number(url.port), '127.0.0.1').on('error', () => undefined);
    await Promise.all([once(idle, 'secureConnect'), once(silent, 'connect')]);
    const began = Date.now();
    expect((await stop(another)).code).toBe(0);
    expect(Date.now() - began).toBeLessThan(10_000);
    idle.destroy();
    silent.destroy();
  });

  it('answers a request that was arriving when the end began', async () => {
    const another = await serve(config('ending.yaml', 'client_certificate: optional'));
    const { port } = new URL(another.url);
    const socket = connect({ port: Number(port), host: '127.0.0.1', ca: authority!.cert, ...good });
    await once(socket, 'secureConnect');
    const body = JSON.stringify(GRANT);
    const head = `POST /token HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    socket.write(head + body.slice(0, 10));
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    another.child.kill('SIGTERM');
    await another.logged('stopping');
    await untilRefused(Number(port));
    socket.write(body.slice(10));
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*"token"/);
    expect((await another.finished).code).toBe(0);
  });

  it('serves nobody without a certificate where one is required', async () => {
    const another = await serve(config('required.yaml', 'client_certificate: required'));
    const live = (options: object) => ask(`${another.url}/livez`, { ca: authority!.cert, ...options });
    expect(await live({})).toMatch(REFUSED);
    expect(await live(strange)).toMatch(REFUSED);
    expect(await live(old)).toMatch(REFUSED);
    expect(await live(good)).toBe(200);
    await stop(another);
  });

  it('takes a forwarded certificate from a proxy, and from nobody else', async () => {
    const forwarded =
      '{kind: mtls, idFrom: spiffe, trustDomain: example.org, forwardedHeader: X-Cert, forwardedForm: pem, trustedProxies: [ADDRESS]}';
    const headers = { 'X-Cert': encodeURIComponent(good.cert) };
    for (const [address, status] of [
      ['127.0.0.1', 200],
      ['10.0.0.0/8', 401],
    ] as const) {
      const another = await serve(
        config(`${status}.yaml`, 'client_certificate: optional', forwarded.replace('ADDRESS', address)),
      );
      const options = {
        method: 'POST',
        ca: authority!.cert,
        headers: { ...headers, 'content-type': 'application/json' },
      };
      expect(await ask(`${another.url}/token`, options, JSON.stringify(GRANT))).toBe(status);
      await stop(another);
    }
  });

  it.each<[string, () => void, RegExp]>([
    [
      'everybody may read the key',
      () => file('open.key', good.key, 0o644),
      /tls\.key_file: others than its owner/,
    ],
    [
      'the group may write the key',
      () => file('open.key', good.key, 0o660),
      /tls\.key_file: others than its owner/,
    ],
    [
      'the key is another one’s',
      () => file('open.key', strange.key),
      /tls\.cert_file: certificate, key and authorities/,
    ],
    [
      'the key is none',
      () => file('open.key', 'hunter2'),
      /tls\.cert_file: certificate, key and authorities/,
    ],
  ])('does not start when %s', async (_name, spoil, expected) => {
    rmSync(join(folder, 'open.key'), { force: true });
    const umask = process.umask(0);
    spoil();
    process.umask(umask);
    const path = file(
      'bad.yaml',
      `tls: {cert_file: ${file('good.pem', good.cert)}, key_file: ${folder}/open.key}\n`,
    );
    const { code, stdout, stderr } = await start('dist/main.js', { KKP_CONFIG: path }).finished;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(expected);
    expect(stderr).not.toContain('hunter2');
  });
});
