// Writes the Wycheproof cases that the tests use, from the Go module of C2SP:
//   go mod download -json github.com/c2sp/wycheproof@v0.0.0-20260902155932-3fa63dd0344a
//   node test/vectors/make-wycheproof.mjs DIR    (the "Dir" that go printed)
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const MODULE = 'github.com/c2sp/wycheproof v0.0.0-20260902155932-3fa63dd0344a';

function groups(name) {
  return JSON.parse(readFileSync(join(folder, 'testvectors_v1', name), 'utf8')).testGroups;
}

function write(file, source, changes, cases) {
  const head = {
    source: `${MODULE}, testvectors_v1/${source}`,
    licence: 'Apache-2.0, as its LICENSE says',
    changes,
  };
  const lines = cases.map((one) => `    ${JSON.stringify(one)}`).join(',\n');
  const open = JSON.stringify(head, null, 2).replace(/\n}$/, '');
  writeFileSync(new URL(file, import.meta.url), `${open},\n  "cases": [\n${lines}\n  ]\n}\n`);
}

write(
  'wycheproof-ed25519.json',
  'ed25519_test.json',
  'flattened, without flags and notes',
  groups('ed25519_test.json').flatMap(({ publicKey, tests }) =>
    tests.map(({ tcId, comment, msg, sig, result }) => ({
      tcId,
      comment,
      key: publicKey.pk,
      msg,
      sig,
      result,
    })),
  ),
);

write(
  'wycheproof-aes-gcm.json',
  'aes_gcm_test.json',
  'AES-256 cases only, without notes and flags',
  groups('aes_gcm_test.json')
    .filter(({ keySize }) => keySize === 256)
    .flatMap(({ tests }) =>
      tests.map(({ tcId, comment, key, iv, aad, msg, ct, tag, result }) => {
        return { tcId, comment, key, iv, aad, msg, ct, tag, result };
      }),
    ),
);

const PUBLIC = ['kty', 'crv', 'x', 'y', 'n', 'e', 'alg', 'use', 'key_ops', 'kid'];
const publicPart = (key) => Object.fromEntries(Object.entries(key).filter(([name]) => PUBLIC.includes(name)));

write(
  'wycheproof-jws.json',
  'json_web_signature_test.json',
  'flattened, without flags; of each key its public part, of a secret one its type and name',
  groups('json_web_signature_test.json').flatMap(({ private: key, public: published = key, tests }) =>
    tests.map(({ tcId, comment, jws, result }) => ({
      tcId,
      comment,
      key: publicPart(published),
      jws,
      result,
    })),
  ),
);
