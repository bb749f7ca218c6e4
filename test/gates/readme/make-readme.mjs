// Puts the snippets and the table of settings into README.md: npm run readme
import { readFileSync, writeFileSync } from 'node:fs';
import * as prettier from 'prettier';
import { SETTINGS } from '../../../dist/config/index.js';

const README = new URL('../../../README.md', import.meta.url);

const cell = (text) => text.replaceAll('|', '\\|');
const shown = (value) =>
  value === undefined ? '' : `\`${typeof value === 'object' ? JSON.stringify(value) : value}\``;

function settingsTable() {
  const rows = Object.values(SETTINGS).map(({ env, file, kind, fallback, doc }) => {
    const standard = file === 'backends' ? '' : shown(fallback);
    return `| ${env ? `\`${env}\`` : ''} | \`${file}\` | ${standard} | ${cell(doc)} Allowed: ${cell(kind.allowed)}. |`;
  });
  return ['| variable | in the file | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** The README as it should be, made from itself. */
export async function makeReadme() {
  const text = readFileSync(README, 'utf8')
    .replace(
      /(<!-- settings -->\n)[^]*?(<!-- \/settings -->)/,
      (_all, open, close) => `${open}\n${settingsTable()}\n\n${close}`,
    )
    .replace(/(<!-- snippet: (\S+) -->\n\n```ts\n)[^]*?(```)/g, (_all, open, name, close) => {
      return open + readFileSync(new URL(name, import.meta.url), 'utf8') + close;
    });
  const options = await prettier.resolveConfig(README);
  return prettier.format(text, { ...options, parser: 'markdown' });
}

if (process.argv[1]?.endsWith('make-readme.mjs')) writeFileSync(README, await makeReadme());
