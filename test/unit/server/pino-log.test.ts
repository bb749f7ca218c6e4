import { Writable } from 'node:stream';
import { createPino, toKkpLog } from '../../../src/server/pino-log.js';

/** A log, and what it has written so far. */
function startLog() {
  const chunks: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString('utf8'));
      done();
    },
  });
  return { log: toKkpLog(createPino('info', destination)), written: () => chunks.join('') };
}

/** What would begin a line, or paint one, where it is written as it is. */
const HOSTILE = [
  'x\n{"level":30,"msg":"forged"}',
  'x\r\n{"level":30}',
  '"},"level":50,"x":{"',
  '\u001b[2K\u001b[31m',
  '\0\b\f\v',
  '\u2028\u2029\u0085',
  '\u009b31m',
];

describe('the log of the server', () => {
  it.each(HOSTILE)('stays one line of JSON, whatever a field or a message holds: %j', (text) => {
    const { log, written } = startLog();
    log('warn', text, { reason: text, [text]: text });
    const lines = written().split(/\r\n|[\n\r]/);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toBe('');
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 40, msg: text, reason: text });
    // eslint-disable-next-line no-control-regex -- that is what must not be there
    expect(lines[0]).not.toMatch(/[\x00-\x1f\x7f]/);
  });

  it('says when, in UTC, and how severe', () => {
    const { log, written } = startLog();
    log('error', 'request failed', { request_id: 'r-1' });
    expect(JSON.parse(written())).toEqual({
      level: 50,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      msg: 'request failed',
      request_id: 'r-1',
    });
  });
});
