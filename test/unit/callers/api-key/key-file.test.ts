import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addToFile, apiKey, makeKey, type ApiKeyEntry } from '../../../../src/callers/index.js';
import { systemRandom } from '../../../../src/random.js';

const keys = Array.from({ length: 3 }, (_none, at) => ({ ...makeKey(systemRandom), name: `caller-${at}` }));
const [first, second, third] = keys as [(typeof keys)[0], (typeof keys)[0], (typeof keys)[0]];
const entryOf = ({ id, hash, name }: (typeof keys)[0]): ApiKeyEntry => ({ id, name, hash });

describe('a file of API keys', () => {
  let folder: string;
  let path: string;
  let now: number;
  let logs: [string, string][];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kkp-api-keys-'));
    path = join(folder, 'keys.yaml');
    now = 0;
    logs = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Replaces the file as a whole, so that it is always another one. */
  const write = (...list: (typeof keys)[0][]): void => writeText(JSON.stringify(list.map(entryOf)));
  const writeText = (text: string): void => {
    writeFileSync(`${path}.tmp`, text);
    renameSync(`${path}.tmp`, path);
  };
  const open = () => {
    const authenticator = apiKey({ file: path }, { now: () => now });
    authenticator.useLog((level, message) => logs.push([level, message]));
    return async ({ key }: { key: string }): Promise<string> => {
      const request = {
        method: 'GET',
        url: '/',
        headers: {},
        rawHeaders: ['X-API-Key', key],
        remoteAddress: '',
      };
      return authenticator.authenticate(request).then(
        (caller) => caller?.id ?? 'nobody',
        (error: unknown) => (error as { code: string }).code,
      );
    };
  };

  it.each([
    ['no list', '{}', /file: must be a list of API keys/],
    ['nothing', '', /file: /],
    ['neither JSON nor YAML', '[{', /file: the file .* Allowed: /],
    ['an alias', '- &a {}\n- *a\n', /file: the file .* Allowed: /],
    ['a bad key', '- {id: 5}', /file\[0\]\.id: must be/],
    ['more than 4 MiB', `[]${' '.repeat(4 * 1024 * 1024 - 1)}`, /larger than 4194304 bytes/],
  ])('cannot be used at the start with %s', (_name, text, fault) => {
    writeText(text);
    expect(() => open()).toThrow(fault);
  });

  it('cannot be used when everybody may write it', () => {
    write(first);
    chmodSync(path, 0o606);
    expect(() => open()).toThrow(/everybody may write/);
  });

  it('is read again when it has changed, a second later at most', async () => {
    write(first);
    const ask = open();
    expect([await ask(first), await ask(second)]).toEqual(['caller-0', 'unauthenticated']);
    write(second);
    now = 999;
    expect([await ask(first), await ask(second)]).toEqual(['caller-0', 'unauthenticated']);
    now = 1000;
    expect([await ask(first), await ask(second)]).toEqual(['unauthenticated', 'caller-1']);
    write(first);
    now = 1999;
    expect([await ask(first), await ask(second)]).toEqual(['unauthenticated', 'caller-1']);
    expect(logs).toEqual([['info', 'API keys reloaded']]);
  });

  it('is read again when the clock was set back', async () => {
    now = 10_000;
    write(first);
    const ask = open();
    write(second);
    now = 5_000;
    expect(await ask(second)).toBe('caller-1');
  });

  it.each([
    ['is gone', () => rmSync(path)],
    ['is broken', () => writeText('- {')],
    ['has one bad key', () => writeText(JSON.stringify([entryOf(second), { id: 'x' }]))],
    ['may be written by everybody', () => chmodSync(path, 0o666)],
  ])('leaves its keys in force when it %s, and says so once', async (_name, spoil) => {
    write(first);
    const ask = open();
    spoil();
    for (now = 1000; now < 5000; now += 1000) {
      expect([await ask(first), await ask(second)]).toEqual(['caller-0', 'unauthenticated']);
    }
    expect(logs).toEqual([['error', 'API keys not reloaded, the old ones go on']]);
    if (readdirSync(folder).length > 0) rmSync(path);
    write(second);
    now = 9000;
    expect([await ask(first), await ask(second)]).toEqual(['unauthenticated', 'caller-1']);
  });

  it('is made by the first key that is added, for its owner alone', async () => {
    addToFile(path, entryOf(first));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await open()(first)).toBe('caller-0');
  });

  it.each(['keys.yaml', 'keys.json'])(
    'keeps its keys, and its form, when one is added to %s',
    async (name) => {
      path = join(folder, name);
      for (const one of keys)
        addToFile(path, { ...entryOf(one), scopes: ['kkp:issue'], attributes: { a: [1] } });
      const ask = open();
      expect([await ask(first), await ask(second), await ask(third)]).toEqual([
        'caller-0',
        'caller-1',
        'caller-2',
      ]);
      expect(readdirSync(folder)).toEqual([name]);
      if (name.endsWith('.json')) expect(JSON.parse(readFileSync(path, 'utf8'))).toHaveLength(3);
      else expect(readFileSync(path, 'utf8')).toMatch(/^- id: /);
    },
  );

  it('keeps its comments', () => {
    addToFile(path, entryOf(first));
    writeText(`# of the ops team\n${readFileSync(path, 'utf8')}`);
    addToFile(path, entryOf(second));
    expect(readFileSync(path, 'utf8')).toMatch(/^# of the ops team\n/);
  });

  it.each([
    ['is broken', '- {', () => undefined],
    ['has the id already', JSON.stringify([entryOf(first)]), () => undefined],
    ['may be written by everybody', '[]', () => chmodSync(path, 0o606)],
    ['is being written by somebody else', '[]', () => writeFileSync(`${path}.new`, 'theirs')],
  ])('stays as it is when it %s', (_name, text, spoil) => {
    writeText(text);
    spoil();
    const before = readdirSync(folder);
    expect(() => addToFile(path, entryOf(first))).toThrow();
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(readdirSync(folder)).toEqual(before);
  });
});
