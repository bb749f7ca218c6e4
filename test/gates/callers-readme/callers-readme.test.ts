import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { CallerAuthentication, loadAuthenticators } from '../../../src/callers/index.js';
import { builtInFactory } from '../../../src/callers/caller-entry.js';
import { readSettings } from '../../../src/config/index.js';
import { Authority } from '../../support/certificates.js';
import { requestWith } from '../../support/issuer.js';
import { AppModule } from './badges.js';
import badge from './package.js';

const here = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const readme = here('../../../src/callers/README.md');
const configurations = [...readme.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text]) => text!);
const sections = new Map(
  readme
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')).replaceAll('`', ''), text]),
);
const KINDS = ['jwt', 'kubernetes', 'spiffe', 'mtls', 'api_key'];

const optionsIn = (section: string): string[] =>
  [...sections.get(section)!.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name!);

/** The options that the factory of a kind looks for. */
function optionsRead(kind: string): string[] {
  const read = new Set<string>();
  const options = new Proxy(
    { forwardedHeader: 'X-Cert' },
    {
      getOwnPropertyDescriptor(target, name) {
        read.add(String(name));
        return Reflect.getOwnPropertyDescriptor(target, name);
      },
      ownKeys: () => [],
    },
  );
  expect(() => builtInFactory(kind)!(options)).toThrow();
  return [...read];
}

describe('src/callers/README.md', () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kkp-callers-readme-'));
    writeFileSync(join(folder, 'clients-ca.pem'), (await Authority.create()).cert);
    for (const name of ['server.pem', 'server.key']) writeFileSync(join(folder, name), '');
    writeFileSync(join(folder, 'api-keys.yaml'), '[]');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has a section for every kind, and a configuration in each', () => {
    for (const kind of KINDS) {
      expect(builtInFactory(kind)).toBeDefined();
      expect(sections.get(kind)).toContain(`- kind: ${kind}\n`);
    }
    expect(configurations).toHaveLength(8);
  });

  it.each(configurations.map((text) => [/kind: (\S+)/.exec(text)![1]!, text]))(
    'shows a configuration of %s that loads',
    async (kind, text) => {
      const KKP_CONFIG = join(folder, 'kkp.yaml');
      writeFileSync(KKP_CONFIG, text.replaceAll('/etc/kkp/', `${folder}/`));
      const { values, faults } = readSettings({ KKP_CONFIG });
      expect(faults).toEqual([]);
      const load = () => Promise.resolve({ default: badge });
      const made = await loadAuthenticators(values.callers!, load);
      expect(made).toHaveLength(1);
      expect(kind).not.toBe('');
      await new CallerAuthentication(made).close();
    },
  );

  it.each(KINDS)('lists the options of %s that there are, and no others', (kind) => {
    const common = ['mtls', 'api_key'].includes(kind) ? [] : optionsIn('Options of all JWTs');
    expect([...optionsIn(kind), ...common].sort()).toEqual(optionsRead(kind).sort());
  });

  it.each(['badges.ts', 'package.ts'])('holds the snippet %s as it is', (name) => {
    expect(readme).toContain(`<!-- snippet: ${name} -->\n\n\`\`\`ts\n${here(name)}\`\`\`\n`);
  });

  it('shows a class of one’s own that works by dependency injection', async () => {
    const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    const body = JSON.stringify({ subject: 'svc-billing', audience: 'a', backend: 'dev', key_id: 'k' });
    const statuses = [];
    for (const shown of ['gold', 'tin']) {
      const headers = { 'content-type': 'application/json', 'x-badge': shown };
      statuses.push((await fetch(`${await app.getUrl()}/token`, { method: 'POST', headers, body })).status);
    }
    expect(statuses).toEqual([200, 401]);
    await app.close();
  });

  it('shows a package that works, and that refuses options that it does not know', async () => {
    const [made] = await loadAuthenticators([{ kind: 'kkp-authenticator-badge', header: 'X-Badge' }], () =>
      Promise.resolve({ default: badge }),
    );
    expect(await made!.authenticate({ ...requestWith(), headers: { 'x-badge': 'ann' } })).toMatchObject({
      id: 'ann',
    });
    expect(() => badge({ reader: 1 })).toThrow(/reader: is unknown[^]*header: must be/);
  });
});
