import { readFileSync } from 'node:fs';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

describe('README.md', () => {
  // The compiler checks the example as a file; here, that it is the one in the README.
  it('shows the example that is compiled', () => {
    const [, example] = /```ts\n([^]*?)```/.exec(read('../README.md')) ?? [];
    expect(example).toBe(read('./readme-example.ts'));
  });
});
