import assert from 'node:assert/strict';
import type { KeyPin } from '../../contract.js';
import type { Rule } from '../rule.js';
import { freshPlaintext } from '../subject.js';

const ROUNDS = 6;

export const keyIdIsStable: Rule = {
  id: 'key-id-is-stable',
  title: 'a key keeps its id and, between rotations, its version: in each answer, on each connection',
  async run(subject) {
    const [first, second] = [await subject.open(), await subject.open()];
    const pins: Record<string, KeyPin[]> = { wrapKey: [], unwrapKey: [], describeKey: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      const backend = round % 2 === 0 ? first : second;
      const wrapped = await subject.wrap(backend, freshPlaintext());
      pins.wrapKey?.push(wrapped.key);
      pins.unwrapKey?.push((await subject.unwrap(backend, wrapped)).key);
      pins.describeKey?.push((await backend.describeKey(subject.harness.keyId, subject.call())).key);
    }
    for (const [name, answered] of Object.entries(pins)) {
      const distinct = new Set(answered.map(({ keyId, version }) => JSON.stringify([keyId, version])));
      assert.equal(distinct.size, 1, `${name} names the key in ${distinct.size} ways`);
    }
  },
};
