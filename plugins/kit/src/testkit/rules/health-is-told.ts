import assert from 'node:assert/strict';
import type { Rule } from '../rule.js';

const CLOCK_TOLERANCE_MS = 60_000;

export const healthIsTold: Rule = {
  id: 'health-is-told',
  title: 'a working service is up, with the time of the probe and how long it took',
  async run(subject) {
    const backend = await subject.open();
    const { status, latencyMs, checkedAt, detail } = await backend.health(subject.call());
    assert.equal(status, 'up');
    assert.equal(detail, undefined, 'a detail although the service is up');
    assert.ok(Number.isFinite(latencyMs) && latencyMs >= 0, `latencyMs ${latencyMs}`);
    assert.ok(
      Math.abs(checkedAt - Date.now()) < CLOCK_TOLERANCE_MS,
      'checkedAt is not the time of the probe',
    );
  },
};
