import { jest } from '@jest/globals';
import { Kkp } from '../../../src/index.js';
import { loadPolicy, PolicyHolder, type PolicyEngine } from '../../../src/policy/index.js';
import { expectProblem, GRANT, post, startServer, type TestServer } from '../../support/server.js';
import { inputWith } from '../../support/policy/cases.js';

/** No text, though JSON has an escape for it. */
const BAD = ['\ud800', 'a\udfff', '\udd1e\ud834', '\ud83d\ud83d\ude00'];
const badText = (index: number): string => BAD[index % BAD.length]!;

const RULES: ((index: number) => object)[] = [
  (index) => ({ subject: badText(index) }),
  (index) => ({ audience: badText(index) }),
  (index) => ({ key_id: badText(index) }),
  (index) => ({ policy_claims: { deep: [{ x: badText(index) }] } }),
  (index) => ({ request_context: { [badText(index)]: index } }),
];
const badRequest = (index: number) => ({ ...GRANT, ...RULES[index % RULES.length]!(index) });

describe('lone surrogates', () => {
  describe('that reach an engine', () => {
    let engine: PolicyEngine;
    beforeAll(async () => (engine = await loadPolicy()));

    it('are denied 5,000 times, after which 1,000 good requests are decided right', () => {
      const denied = Array.from({ length: 5_000 }, (_none, index) =>
        engine.decide(inputWith({ [`text${index}`]: '\ud800' })),
      );
      expect(new Set(denied.map(({ allowed, fault }) => `${allowed} ${fault}`))).toEqual(
        new Set(['false the evaluation failed: illegal string escape character']),
      );
      for (let index = 0; index < 1_000; index += 1) {
        const good = inputWith({ index });
        expect(engine.decide(good).allowed).toBe(true);
        expect(engine.decide({ ...good, request: { ...good.request, key_id: '' } })).toEqual({
          allowed: false,
          revision: engine.revision,
        });
      }
    });
  });

  describe('that come in requests', () => {
    let server: TestServer;
    let kkp: Kkp;
    beforeAll(async () => {
      server = await startServer();
      kkp = server.app.get(Kkp);
    });
    afterAll(() => server.close());
    afterEach(() => jest.restoreAllMocks());

    it('are refused 100,000 times without a question to the policy, and 1,000 good requests are answered', async () => {
      const decide = jest.spyOn(server.app.get(PolicyHolder), 'decide');
      const outcomes = new Map<unknown, number>();
      for (let index = 0; index < 100_000; index += 1) {
        const code: unknown = await kkp.issueToken(badRequest(index)).then(
          () => 'issued',
          (error: unknown) => (error as { code?: unknown }).code,
        );
        outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
      }
      expect([...outcomes]).toEqual([['invalid_request', 100_000]]);
      expect(decide).not.toHaveBeenCalled();
      for (let index = 0; index < 1_000; index += 1) {
        const { token } = await kkp.issueToken({ ...GRANT, policy_claims: { index } });
        expect(kkp.verifyToken(token).policy_claims).toEqual({ index });
      }
      expect(decide).toHaveBeenCalledTimes(1_000);
    });

    it('are refused at the edge in every spelling, escaped or as bytes', async () => {
      const decide = jest.spyOn(server.app.get(PolicyHolder), 'decide');
      for (let index = 0; index < RULES.length * BAD.length; index += 1) {
        const request = badRequest(index);
        expectProblem(await post(server, '/token', request), 400, 'invalid_request');
      }
      expect(decide).not.toHaveBeenCalled();
    });
  });
});
