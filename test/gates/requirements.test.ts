import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../', import.meta.url);
const text = readFileSync(new URL('test/REQUIREMENTS.md', ROOT), 'utf8');
const rows = text
  .split('\n')
  .filter((line) => /^\| (?!-|asked |item )/.test(line))
  .map((row) => [row.split('|')[1]!.trim(), row] as const);
const pathsIn = (row: string): string[] =>
  [...row.matchAll(/`([\w./-]+\.(?:test\.ts|py))`/g)].map(([, path]) => path!);

describe('test/REQUIREMENTS.md', () => {
  it('has rows', () => expect(rows.length).toBeGreaterThan(60));

  it.each(rows)('%s names tests that are there, or says what is missing', (_asked, row) => {
    const paths = pathsIn(row);
    expect(paths.length > 0 || /in part|not met/.test(row)).toBe(true);
    expect(paths.filter((path) => !existsSync(fileURLToPath(new URL(path, ROOT))))).toEqual([]);
  });
});
