import assert from 'node:assert/strict';
import { isKmsError } from '../../errors.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

const HOSTILE_KEY_IDS: Readonly<Record<string, string>> = {
  empty: '',
  'a line break': 'key\r\nX-Injected: 1',
  'a NUL': 'key\0',
  'a path': '../../../etc/passwd',
  'a URL': 'http://169.254.169.254/latest',
  'a lone surrogate': 'key\ud800',
  'a name of Object.prototype': '__proto__',
  'ten thousand characters': 'k'.repeat(10_000),
};

export const onlyKmsErrors: Rule = {
  id: 'only-kms-errors',
  title: 'hostile key ids are refused with KmsError and with nothing else, and never by a throw',
  async run(subject) {
    const backend = await subject.open();
    const wrapped = await subject.wrap(backend, freshPlaintext());
    for (const [what, keyId] of Object.entries(HOSTILE_KEY_IDS)) {
      for (const [name, call] of Object.entries(subject.calls(backend, wrapped, keyId))) {
        if (name !== 'health')
          await expectRefusal(`${name} with ${what} as key id`, () => call(subject.call()));
      }
    }
  },
};

async function expectRefusal(what: string, start: () => Promise<unknown>): Promise<void> {
  const started = startOrFail(what, start);
  const outcome = await started.then(
    () => 'success',
    (error: unknown) => (isKmsError(error) ? 'KmsError' : 'another error'),
  );
  assert.equal(outcome, 'KmsError', what);
}

function startOrFail(what: string, start: () => Promise<unknown>): Promise<unknown> {
  try {
    return start();
  } catch {
    return assert.fail(`${what}: thrown instead of rejected`);
  }
}
