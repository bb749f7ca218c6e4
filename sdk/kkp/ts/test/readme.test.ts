import { readFileSync } from 'node:fs';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

describe('README.md', () => {
  // The compiler checks the examples as files; here, that they are the ones in the README.
  it('shows the examples that are compiled', () => {
    const examples = [...read('../README.md').matchAll(/^```ts\n([^]*?)^```/gm)].map(
      ([, example]) => example,
    );
    const files = ['example', 'bound', 'oauth', 'certificate', 'streams'].map(
      (name) => `./readme-${name}.ts`,
    );
    expect(examples).toEqual(files.map(read));
  });

  it('shows how to decrypt to a file, as it is done in a test', () => {
    const [, pattern = ''] = /^ +```ts\n([^]*?)^ +```/m.exec(read('../README.md')) ?? [];
    const lines = pattern.split('\n').map((line) => line.trim().replace(/ ?\/\/.*/, ''));
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) expect(read('./stream/node-files.test.ts')).toContain(line);
  });
});
