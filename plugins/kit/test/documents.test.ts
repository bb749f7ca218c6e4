import { readFileSync } from 'node:fs';
import { KMS_ERROR_CODES } from 'kkp-plugin-kit';
import { RULES } from 'kkp-plugin-kit/testkit';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** The cells of the rows whose first cell is code. */
function rowsOf(markdown: string): readonly (readonly string[])[] {
  const rows = markdown.matchAll(/^(?: \* )?\| `([^`]+)` +\|(.*)\|$/gm);
  return [...rows].map(([, first, rest]) => [first!, ...rest!.split('|').map((cell) => cell.trim())]);
}

describe('the documents of the kit', () => {
  it('list every rule with its promise, what it needs and where it comes from, in the order of the suite', () => {
    const rows = rowsOf(read('docs/rules.md'));
    const expected = RULES.map(({ id, title, needs }) => [
      id,
      title,
      needs === undefined ? '' : `\`${needs}\``,
    ]);
    expect(rows.map((row) => row.slice(0, 3))).toEqual(expected);
    for (const [id, , , source] of rows)
      expect([id, source]).toEqual([id, expect.stringMatching(/^(contract|[BK]\d(, [BK]\d)*)$/)]);
  });

  it('say of every clause by which rule it is kept', () => {
    const sources = rowsOf(read('docs/rules.md')).flatMap((row) => row[3]!.split(', '));
    for (const clause of ['B1', 'B2', 'B3', 'B4', 'B5', 'B6', 'B7', 'K1', 'K2', 'K3', 'K4', 'K5']) {
      expect(sources).toContain(clause);
    }
  });

  it.each(['README.md', 'src/errors.ts'])('tell of every error code what it means, in %s', (path) => {
    expect(rowsOf(read(path)).map(([code]) => code)).toEqual([...KMS_ERROR_CODES]);
  });
});
