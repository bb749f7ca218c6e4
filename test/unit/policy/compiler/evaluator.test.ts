import { jest } from '@jest/globals';
import { evalPolicy } from '../../../../src/policy/compiler/index.js';

// Each case starts a process of its own.
jest.setTimeout(60_000);

describe('evalPolicy', () => {
  it('gives OPA’s own answer to each case, to the nanosecond', async () => {
    const files = { 'a.rego': 'package a\n\nb := input.x + data.y\n\nc := 1\n\nc := 2 if input.both\n' };
    const nowNs = 1_700_000_000_123_456_789n;
    const answers = await evalPolicy({
      files,
      data: { y: 2 },
      cases: [
        { query: 'data.a.b', input: { x: 1 } },
        { query: 'data.a.b' },
        { query: '[1, 2][_] > 0' },
        { query: 'time.now_ns()', nowNs },
        { query: 'time.clock([time.now_ns(), "Europe/Berlin"])', nowNs },
        { query: 'time.parse_rfc3339_ns("soon")' },
        { query: 'data.a.c', input: { both: true } },
        { query: 'http.send({"method": "get", "url": "http://127.0.0.1:1"})' },
      ],
    });
    expect(answers.map(({ values }) => values)).toEqual([
      ['3'],
      [],
      ['true', 'true'],
      [String(nowNs)],
      ['[23,13,20]'],
      [],
      [],
      [],
    ]);
    expect(answers[5]?.builtinErrors).toEqual([
      expect.stringContaining('cannot parse "soon" as "2006"') as string,
    ]);
    expect(answers[6]?.error).toContain('a.rego:7: eval_conflict_error');
    expect(answers[7]?.builtinErrors).toEqual([
      expect.stringContaining('disallowed host: 127.0.0.1') as string,
    ]);
  });
});
