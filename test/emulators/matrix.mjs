// Reads jest's JSON reports of conformance suites, and writes the matrix of plugins and rules.

const RULE = /^([a-z]+(?:-[a-z]+)+)(?:: | is broken: )(.*)$/;
const SIGNS = { kept: '✓', broken: 'D', none: '–', failed: '✗' };

/** One column for each plugin in a report of jest: its counts, and for each rule how often it came out how. */
export function columnsOf({ plugin, name }, { testResults }) {
  const columns = new Map();
  for (const file of testResults) {
    const owner = plugin ?? /plugins\/([a-z0-9]+)\/test/.exec(file.name)?.[1] ?? 'unknown';
    const column = columns.get(owner) ?? newColumn(owner, plugin === undefined ? undefined : name);
    columns.set(owner, column);
    if (file.assertionResults.length === 0 && file.status !== 'passed') column.failed += 1;
    for (const test of file.assertionResults) addTest(column, test);
  }
  return [...columns.values()].sort((a, b) => a.plugin.localeCompare(b.plugin));
}

const newColumn = (plugin, peer) => ({
  plugin,
  peer,
  passed: 0,
  failed: 0,
  skipped: 0,
  rules: new Map(),
  deviations: new Map(),
});

function addTest(column, { title, status }) {
  column[status === 'passed' ? 'passed' : status === 'failed' ? 'failed' : 'skipped'] += 1;
  const [, id, rest] = RULE.exec(title) ?? [];
  if (id === undefined) return;
  const isDeviation = title.startsWith(`${id} is broken`);
  if (isDeviation) column.deviations.set(id, rest);
  const outcome =
    status === 'failed' ? 'failed' : status !== 'passed' ? 'none' : isDeviation ? 'broken' : 'kept';
  const counts = column.rules.get(id) ?? { kept: 0, broken: 0, none: 0, failed: 0 };
  counts[outcome] += 1;
  column.rules.set(id, counts);
}

/** Markdown. The same results give the same text. */
export function renderMatrix(columns) {
  const sorted = columns.toSorted(
    (a, b) => a.plugin.localeCompare(b.plugin) || (a.peer ?? '').localeCompare(b.peer ?? ''),
  );
  const rules = [...new Set(sorted.flatMap(({ rules }) => [...rules.keys()]))].sort();
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return [
    HEAD,
    row(['rule', ...sorted.map(headerOf)]),
    row(['---', ...sorted.map(() => ':-:')]),
    ...rules.map((id) => row([`\`${id}\``, ...sorted.map(({ rules: own }) => signOf(own.get(id)))])),
    row(['**sum: ✓ / D / –**', ...sorted.map(sumOf)]),
    '',
    '## Deviations of emulators',
    '',
    ...sorted.filter(({ deviations }) => deviations.size > 0).flatMap(deviationsOf),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

const headerOf = ({ plugin, peer }) =>
  `${plugin}<br>${peer ?? (plugin === 'memory' || plugin === 'local' ? 'itself' : 'fake')}`;

/** A plugin runs the suite for several kinds of keys: "✓ –" says that the rule applies to some of them only. */
function signOf(counts) {
  if (counts === undefined) return '';
  return Object.keys(SIGNS)
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => SIGNS[outcome])
    .join(' ');
}

function sumOf({ rules }) {
  const sum = (outcome) => [...rules.values()].reduce((total, counts) => total + counts[outcome], 0);
  return `${sum('kept')} / ${sum('broken')} / ${sum('none')}`;
}

const deviationsOf = ({ plugin, peer, deviations }) => [
  `${peer}, with the source of each in [its list](${plugin}/test/real/${peer.split(' ')[0].toLowerCase()}-deviations.ts):`,
  '',
  ...[...deviations].sort().map(([id, what]) => `- \`${id}\`: ${what}.`),
  '',
];

const HEAD = `# Conformance

Written by \`npm run test:emulators -- --update\`, and held to what comes out by \`npm run test:emulators\`. Each column is one run of
the [suite](kit/src/testkit/rules) through the plugin's real client. ✓ the rule is kept; – it does not apply to the capabilities
(the test's name says why); D the emulator is known to break what the service itself keeps, and the test expects just that.
`;
