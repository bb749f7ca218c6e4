// Prints "PASSED FAILED" for one check: node .ci/count.mjs EXIT_CODE LOG
// Reads the closing lines of jest, pytest, node's test runner and our own; a check without any counts as one test.
import { readFileSync } from 'node:fs';

const [code, log] = process.argv.slice(2);
const text = readFileSync(log, 'utf8');
let passed = 0;
let failed = 0;
for (const line of text.split('\n')) {
  const closing = /^Tests:\s+(.*)$/.exec(line) ?? /^=*\s*(\d+ (?:passed|failed|error).*)$/.exec(line);
  if (!closing) continue;
  passed += Number(/(\d+) passed/.exec(closing[1])?.[1] ?? 0);
  failed +=
    Number(/(\d+) failed/.exec(closing[1])?.[1] ?? 0) + Number(/(\d+) errors?/.exec(closing[1])?.[1] ?? 0);
}
if (passed + failed === 0) [passed, failed] = code === '0' ? [1, 0] : [0, 1];
else if (code !== '0' && failed === 0) failed = 1;
console.log(`${passed} ${failed}`);
