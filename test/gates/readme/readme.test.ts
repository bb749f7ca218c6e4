import { readFileSync, statSync } from 'node:fs';
import { Kkp } from 'keyless-kms-proxy';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { startServer } from '../../support/server.js';
import { callers } from './call.js';
import { AppModule } from './embed.js';
import { makeReadme } from './make-readme.mjs';
import plugin from './plugin.js';

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

describe('README.md', () => {
  it('holds the snippets and the settings as they are (npm run readme writes them)', async () => {
    expect(readme).toBe(await makeReadme());
  });

  it('shows callers code that works', async () => {
    const server = await startServer();
    expect(await callers(server.url)).toBe('billing reads attack at dawn');
    await server.close();
  });

  it('shows authors of key services code that works', async () => {
    const yours = plugin({ name: 'yours', address: 'https://keys.example' });
    const server = await startServer({ backends: [yours] });
    await server.close();
    expect(() => plugin({ name: 'yours', address: 'http://keys.example' })).toThrow(/address/);
  });

  it('shows owners of a Nest application code that works', async () => {
    const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false });
    await app.init();
    expect(
      await app
        .get(Kkp, { strict: false })
        .issueToken({ subject: 'a', audience: 'b', backend: 'dev', key_id: 'k' }),
    ).toBeDefined();
    await app.close();
  });

  it('links to files that are there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path!);
    expect(links.length).toBeGreaterThan(10);
    for (const path of links) expect(() => readFileOrFolder(path)).not.toThrow();
  });
});

const readFileOrFolder = (path: string) => statSync(new URL(`../../../${path}`, import.meta.url));
