// Runs the conformance suite against every real peer and every fake, holds plugins/CONFORMANCE.md to what came out, and sends
// one envelope through two real services: node test/emulators/run.mjs [--update]
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { columnsOf, renderMatrix } from './matrix.mjs';
import { FAKES, PEERS } from './peers.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const results = `${root}.cache/conformance`;
const report = `${root}plugins/CONFORMANCE.md`;

rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

let failed = false;
const columns = [FAKES, ...PEERS].flatMap((suite) => {
  console.log(`\n== ${suite.name}`);
  const file = `${results}/${suite.id}.json`;
  const command = [...suite.command, '--json', `--outputFile=${file}`];
  const { status, stderr } = spawnSync(process.execPath, command, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  // The closing line of this run is the sum of all suites.
  console.log(stderr.replace(/^(?:Tests|Test Suites|Snapshots):.*\n|^\s+[✓○].*\n/gm, ''));
  failed ||= status !== 0;
  return columnsOf(suite, readResults(file));
});

const matrix = renderMatrix(columns);
if (process.argv.includes('--update')) writeFileSync(report, matrix);
const isUpToDate = readFileSync(report, 'utf8') === matrix;
if (!isUpToDate) console.error('plugins/CONFORMANCE.md is out of date: npm run test:emulators -- --update');

console.log('\n== the journey of an envelope from AWS KMS to Vault');
const journey = spawnSync(process.execPath, ['test/emulators/journey.mjs'], {
  cwd: root,
  encoding: 'utf8',
  timeout: 400_000,
});
console.log(journey.stdout);
if (journey.status !== 0) console.error(journey.stderr);

const count = (member) => columns.reduce((sum, column) => sum + column[member], 0);
const failures = count('failed') + (isUpToDate ? 0 : 1) + (journey.status === 0 ? 0 : 1);
console.log(
  `\nTests: ${failures} failed, ${count('skipped')} skipped, ${count('passed') + (journey.status === 0 ? 1 : 0)} passed`,
);
process.exitCode = failed || failures > 0 ? 1 : 0;

/** A suite that did not get as far as to write its results has failed. */
function readResults(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { testResults: [{ name: file, status: 'failed', assertionResults: [] }] };
  }
}
