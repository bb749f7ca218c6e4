import { jest } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../../../src/config/index.js';

describe('the configuration file', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'kkp-config-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  const faultsOf = (text: string): readonly string[] => {
    const path = join(folder, 'kkp.yaml');
    writeFileSync(path, text);
    return readSettings({ KKP_CONFIG: path }).faults;
  };

  it.each([
    ['no file', '/nowhere/kkp.yaml', 'no such file'],
    ['a folder', '/', 'the file cannot be read (EISDIR)'],
    ['an empty path', '', 'got an empty value'],
  ])('cannot be %s', (_name, KKP_CONFIG, what) => {
    expect(readSettings({ KKP_CONFIG }).faults).toEqual([
      `KKP_CONFIG: ${what}. Allowed: the path of a JSON or YAML file.`,
    ]);
  });

  it.each([
    ['broken YAML', 'log:\n  level: [hunter2', 'is neither JSON nor YAML (line 2)'],
    ['two JSON texts', '{"log": {}}{"hunter2": 2}', 'is neither JSON nor YAML (line 1)'],
    ['a member twice', 'log: {}\nlisten: x\nlog: hunter2', 'names a member twice (line 3)'],
    ['an inner member twice', 'log:\n  level: info\n  level: hunter2', 'names a member twice (line 3)'],
    ['an alias bomb', 'a: &a [hunter2]\nb: [*a, *a]\nc: *a', 'has an alias (line 2)'],
    ['an alias of nothing', 'log:\n  level: *hunter2', 'has an alias (line 2)'],
    ['an alias as a key', 'a: &a hunter2\n*a : 1', 'has an alias (line 2)'],
    ['a second document', 'log: {}\n---\nlog: hunter2', 'has a second document (line 2)'],
    ['a tag of its own', 'log:\n  level: !secret hunter2', 'has an unknown tag (line 2)'],
    ['bytes of YAML 1.1', '%YAML 1.1\n---\npin: !!binary aHVudGVyMg==', 'has an unknown tag (line 3)'],
    ['bytes', 'backends:\n  - {kind: x, pin: !!binary aHVudGVyMg==}', 'has an unknown tag (line 2)'],
  ])('cannot have %s', (_name, text, what) => {
    expect(faultsOf(text)).toEqual([
      `KKP_CONFIG: the file ${what}. Allowed: one JSON or YAML document, without aliases and tags, each member named once.`,
    ]);
  });

  it.each([
    ['a list', '- hunter2', 'a list'],
    ['text', 'hunter2', 'text'],
    ['nothing', '# hunter2', 'nothing'],
  ])('cannot be %s as a whole', (_name, text, what) => {
    expect(faultsOf(text)).toEqual([`KKP_CONFIG: the file holds ${what}. Allowed: an object.`]);
  });

  it('leaves no warning of its parser to be printed', () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    faultsOf('? {hunter2: 1}\n: 2\n');
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it.each([
    ['nothing', 'policy:\n', 'nothing'],
    ['text', 'policy: hunter2\n', 'text'],
    ['a list', 'policy: [hunter2]\n', 'a list'],
  ])('cannot have %s for a group of settings', (_name, text, what) => {
    expect(faultsOf(text)).toEqual([
      `KKP_CONFIG file, policy: got ${what}. Allowed: an object with path, max_input_bytes, max_memory_bytes.`,
    ]);
  });

  it.each([
    [
      'a group',
      'polcy: {}\n',
      'polcy',
      'listen, policy, tokens, keys, backends, limits, data_key_cache, log',
    ],
    ['a member', 'log: {levle: info}\n', 'log.levle', 'log.level'],
    [
      'a path',
      '"log.level": info\n',
      'log.level',
      'listen, policy, tokens, keys, backends, limits, data_key_cache, log',
    ],
  ])('cannot have %s that is no setting', (_name, text, path, allowed) => {
    expect(faultsOf(text)).toEqual([`KKP_CONFIG file, ${path}: no such setting. Allowed: ${allowed}.`]);
  });

  it('may have groups without members', () => {
    expect(faultsOf('policy: {}\n')).toEqual([]);
  });
});
