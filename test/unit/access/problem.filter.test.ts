import type { ArgumentsHost } from '@nestjs/common';
import { ProblemFilter } from '../../../src/access/index.js';
import { Refusal } from '../../../src/backends/index.js';
import { KkpError } from '../../../src/errors.js';

interface Written {
  headers: Record<string, string>;
  body?: string;
  status?: number;
}

/** What the filter writes through an adapter, and what it logs. */
function answerTo(thrown: unknown, sent = false): { written: Written; logged: unknown[] } {
  const written: Written = { headers: {} };
  const logged: unknown[] = [];
  const httpAdapter = {
    isHeadersSent: () => sent,
    setHeader: (_response: unknown, name: string, value: string) => (written.headers[name] = value),
    reply: (_response: unknown, body: string, status: number) => Object.assign(written, { body, status }),
  };
  const filter = new ProblemFilter({ httpAdapter } as never, (...line) => logged.push(line));
  const http = { getRequest: () => ({ id: 'request-1' }), getResponse: () => ({}) };
  filter.catch(thrown, { switchToHttp: () => http } as ArgumentsHost);
  return { written, logged };
}

describe('the problem filter', () => {
  it('lets no cache keep a problem', () => {
    expect(answerTo(new KkpError('policy_denied', 'No.')).written.headers).toMatchObject({
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
    });
  });

  it.each([
    [0, '1'],
    [0.2, '1'],
    [1.1, '2'],
    [360, '360'],
  ])('asks to wait whole seconds, and at least one: %s -> %s', (retryAfterSeconds, header) => {
    const { written } = answerTo(new KkpError('rate_limited', 'Later.', { retryAfterSeconds }));
    expect(written.headers['Retry-After']).toBe(header);
  });

  it('says nothing of waiting where nothing was said', () => {
    expect(answerTo(new KkpError('rate_limited', 'Later.')).written.headers).not.toHaveProperty(
      'Retry-After',
    );
  });

  it.each([
    'a string',
    { statusCode: 'x' },
    new Error('inner words'),
    undefined,
    null,
    { getStatus: () => 200 },
  ])('turns %p into a 500 without its words', (thrown) => {
    const { written, logged } = answerTo(thrown);
    expect(written.status).toBe(500);
    expect(JSON.parse(written.body!)).toMatchObject({
      error: 'internal_error',
      instance: 'urn:kkp:request:request-1',
    });
    expect(written.body).not.toContain('inner words');
    expect(logged).toHaveLength(1);
  });

  it('logs what is our fault, with its cause, and not what is the caller’s', () => {
    const cause = new Error('why');
    const { logged } = answerTo(new KkpError('kms_failed', 'It failed.', { cause }));
    expect(logged).toEqual([
      ['error', 'request failed', { request_id: 'request-1', code: 'kms_failed', error: cause }],
    ]);
    expect(answerTo(new KkpError('policy_denied', 'No.')).logged).toEqual([]);
  });

  it('logs no error for a call that was not let through to a key service', () => {
    const refusal = new Refusal('breaker-open', 'unavailable', 'The backend was out just now.');
    const { logged } = answerTo(new KkpError('kms_unavailable', 'Later.', { cause: refusal }));
    expect(logged).toEqual([
      ['info', 'call not let through', { request_id: 'request-1', reason: 'breaker-open' }],
    ]);
  });

  it('writes nothing after an answer has begun', () => {
    expect(answerTo(new Error('late'), true).written).toEqual({ headers: {} });
  });
});
