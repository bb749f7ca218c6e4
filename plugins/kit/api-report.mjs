// Writes api-report.md: the declarations of the kit's entry points, without comments. npm run api
// With --check [FILE] nothing is written, and a report that is not as committed, or as in FILE, is a failure.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const REPORT = `${HERE}api-report.md`;
const { name, exports } = JSON.parse(readFileSync(`${HERE}package.json`, 'utf8'));
const ENTRIES = Object.entries(exports).flatMap(([path, { types }]) =>
  types ? [{ title: name + path.slice(1), file: HERE + types.slice(2) }] : [],
);
const CHANGED = `The public declarations of ${name} are not those of api-report.md.
The contract is frozen at apiVersion 1: plugins outside of this repository are compiled against it.
If the change was not meant, undo it. If it was:
- An optional member, a new export, a wider parameter or a new rule that the contract implied: raise the minor version of
  the kit, run "npm run api" and commit the report with the change.
- Anything that can break a plugin or its tests (a required member, a narrower type, another meaning, a removed export):
  a new apiVersion. KKP then has to load plugins of both for as long as the older is promised.`;

// Names are resolved and syntax is printed: the types of the language and of Node are not needed.
const program = ts.createProgram(
  ENTRIES.map(({ file }) => file),
  { module: ts.ModuleKind.NodeNext, noLib: true, types: [] },
);
const checker = program.getTypeChecker();
const printer = ts.createPrinter({ removeComments: true });

const resolve = (symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);

/** The kit's own declarations of a symbol, as whole statements. */
function statementsOf(symbol) {
  const own = (symbol.declarations ?? []).filter((node) => node.getSourceFile().fileName.startsWith(HERE));
  return own.map((node) => (ts.isVariableDeclaration(node) ? node.parent.parent : node));
}

function print(node) {
  const text = printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile());
  return text.replace(/^(export )?(declare )?/, '').replace(/\n\s*\n/g, '\n');
}

/** Names of the kit in a declaration that no entry exports: they are part of it all the same. */
function* namesIn(node) {
  if (ts.isIdentifier(node)) {
    const symbol = checker.getSymbolAtLocation(node);
    if (symbol) yield resolve(symbol);
  }
  const children = [];
  ts.forEachChild(node, (child) => void children.push(child));
  for (const child of children) yield* namesIn(child);
}

function section(title, symbols) {
  const blocks = symbols.map((symbol) => statementsOf(symbol).map(print).join('\n'));
  return `## ${title}\n\n\`\`\`ts\n${blocks.sort().join('\n\n')}\n\`\`\`\n`;
}

const exported = ENTRIES.map(({ title, file }) => ({
  title,
  symbols: checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file))).map(resolve),
}));
const known = new Set(exported.flatMap(({ symbols }) => symbols));
const hidden = new Set();
const isTopLevel = (node) => ts.isSourceFile(node.parent) && !ts.isImportDeclaration(node);
for (const symbol of known) collect(symbol);

function collect(symbol) {
  for (const used of statementsOf(symbol).flatMap((node) => [...namesIn(node)])) {
    const statements = statementsOf(used);
    if (known.has(used) || hidden.has(used) || statements.length === 0 || !statements.every(isTopLevel))
      continue;
    hidden.add(used);
    collect(used);
  }
}

const report = [
  `# Public declarations of ${name}\n`,
  'Written by `npm run api` from the built declarations. A test fails when they are not these.\n',
  ...exported.map(({ title, symbols }) => section(title, symbols)),
  section('Used by them, and not exported', [...hidden]),
].join('\n');

const [check, against = REPORT] = process.argv.slice(2);
if (check !== '--check') writeFileSync(REPORT, report);
else if (readFileSync(against, 'utf8') !== report) {
  console.error(CHANGED);
  process.exitCode = 1;
}
