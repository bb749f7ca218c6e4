import { readFileSync, readdirSync } from 'node:fs';
import * as sdk from '../src/index.js';

const root = new URL('..', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

describe('kkp-sdk', () => {
  it('exports exactly this', () => {
    expect(Object.keys(sdk).sort()).toEqual([
      'KeySetError',
      'KkpAbortError',
      'KkpApiError',
      'KkpClient',
      'KkpConnectionError',
      'KkpCredentialsError',
      'KkpError',
      'KkpProtocolError',
      'KkpStreamError',
      'KkpTimeoutError',
      'KkpUnauthenticatedError',
      'RevocationsError',
      'TokenError',
      'createRemoteJwks',
      'createRemoteRevocations',
      'decryptBytes',
      'decryptStream',
      'encryptBytes',
      'encryptStream',
      'generateDpopKey',
      'importDpopKey',
      'importJwks',
      'jwkThumbprint',
      'readRevocations',
      'rewrapStream',
      'verifyToken',
    ]);
  });

  it('offers its index and its package.json, and nothing else', () => {
    const { exports, files } = JSON.parse(read('package.json')) as Record<string, unknown>;
    expect(exports).toEqual({
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './package.json': './package.json',
    });
    expect(files).toEqual(['dist', '!dist/.tsbuildinfo', '!dist/**/*.map']);
  });

  it('imports nothing but itself and its one dependency', () => {
    const sources = readdirSync(new URL('src', root), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => read(`src/${name}`));
    const imported = sources.flatMap((text) =>
      [...text.matchAll(/(?:from|import) ?\(?'([^']+)'/g)].map((m) => m[1]),
    );
    const foreign = new Set(imported.filter((name) => !name?.startsWith('.')));
    expect([...foreign]).toEqual(['@noble/ed25519']);
  });
});
