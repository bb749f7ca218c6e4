import { checkKeyTimes, withKeyDefaults, type KeyTimes } from '../../../src/keys/index.js';
import { keyTimes } from './fixtures.js';

describe('the defaults of key times', () => {
  it.each([
    ['the server', keyTimes(1800, 900, 5), 900, 60],
    ['intervals of seconds', keyTimes(4, 2, 5), 2, 2],
    ['an interval below a minute', keyTimes(60, 30, 5), 30, 30],
    ['an interval of a month', keyTimes(5_184_000, 2_592_000, 5), 2_592_000, 60],
  ])('for %s', (_name, times, maxTokenTtlSeconds, skewSeconds) => {
    expect(withKeyDefaults(times)).toEqual({ ...times, maxTokenTtlSeconds, skewSeconds });
  });

  it('do not override what is given', () => {
    const times = { ...keyTimes(1800, 900, 5), maxTokenTtlSeconds: 60, skewSeconds: 5 };
    expect(withKeyDefaults(times)).toEqual(times);
  });
});

describe('checkKeyTimes', () => {
  it.each<[name: string, times: KeyTimes]>([
    ['the defaults', keyTimes(1800, 900, 5)],
    ['the defaults with the fewest keys', keyTimes(1800, 900, 4)],
    ['seconds, as tests use them', keyTimes(4, 2, 5)],
    ['a minute', keyTimes(60, 30, 5)],
    ['the shortest', keyTimes(2, 1, 4)],
    ['the longest', keyTimes(31_536_000, 31_535_999, 5)],
    ['many keys in rapid turns', keyTimes(1000, 10, 1000)],
    ['no skew, three keys', { ...keyTimes(1800, 900, 3), skewSeconds: 0 }],
    ['short tokens, three keys', { ...keyTimes(1800, 900, 3), maxTokenTtlSeconds: 840 }],
  ])('accepts %s', (_name, times) => {
    expect(checkKeyTimes(times)).toEqual([]);
  });

  it.each<[name: string, times: KeyTimes, texts: RegExp[]]>([
    [
      'a key that dies with its turn',
      keyTimes(900, 900, 5),
      [/keys\.rotationSeconds.*1 to 899 .*keys\.ttlSeconds 900/],
    ],
    ['a turn longer than the key', keyTimes(900, 1800, 5), [/keys\.rotationSeconds.*1 to 899 /]],
    [
      'one key too few',
      keyTimes(1800, 900, 3),
      [/keys\.maxActive.*4 or more.*keys\.ttlSeconds 1800.*keys\.rotationSeconds 900/],
    ],
    ['turns too short for the keys', keyTimes(1800, 60, 5), [/keys\.maxActive.*32 or more/]],
    [
      'skew that needs another key',
      { ...keyTimes(60, 30, 4), skewSeconds: 60 },
      [/keys\.maxActive.*5 or more/],
    ],
    [
      'tokens that outlive their key',
      { ...keyTimes(1800, 900, 5), maxTokenTtlSeconds: 901 },
      [/^tokens\.maxTtlSeconds: .*keys\.ttlSeconds 1800 less keys\.rotationSeconds 900/],
    ],
    ['tokens of no length', { ...keyTimes(1800, 900, 5), maxTokenTtlSeconds: 0 }, [/1 to 900 seconds/]],
    ['tokens of half a second', { ...keyTimes(1800, 900, 5), maxTokenTtlSeconds: 0.5 }, [/1 to 900 seconds/]],
    ['a key life of 0', keyTimes(0, 900, 5), [/keys\.ttlSeconds.*2 to 31536000 seconds/]],
    ['a key life over a year', keyTimes(31_536_001, 900, 5), [/keys\.ttlSeconds/]],
    ['a negative turn', keyTimes(1800, -1, 5), [/keys\.rotationSeconds.*1 to 31536000 seconds/]],
    ['a fraction of a second', keyTimes(1800, 0.5, 5), [/keys\.rotationSeconds/]],
    ['not a number', keyTimes(NaN, 900, 5), [/keys\.ttlSeconds/]],
    ['endless keys', keyTimes(Infinity, 900, 5), [/keys\.ttlSeconds/]],
    ['two keys', keyTimes(1800, 900, 2), [/keys\.maxActive.*3 to 1000 keys/]],
    ['too many keys', keyTimes(1800, 900, 1001), [/keys\.maxActive/]],
    ['negative skew', { ...keyTimes(1800, 900, 5), skewSeconds: -1 }, [/skew.*0 to 3600 seconds/]],
    ['skew over an hour', { ...keyTimes(1800, 900, 5), skewSeconds: 3601 }, [/skew/]],
    ['several faults', keyTimes(1, 0, 2), [/keys\.ttlSeconds/, /keys\.rotationSeconds/, /keys\.maxActive/]],
  ])('refuses %s', (_name, times, texts) => {
    expect(checkKeyTimes(times)).toEqual(texts.map((text): unknown => expect.stringMatching(text)));
  });
  it('names times as its caller names them', () => {
    const names = {
      ttlSeconds: 'LIFE',
      rotationSeconds: 'TURN',
      maxActiveKeys: 'KEYS',
      maxTokenTtlSeconds: 'TOKEN',
    };
    const texts = [
      keyTimes(0, 0, 0),
      keyTimes(900, 900, 5),
      keyTimes(1800, 60, 5),
      { ...keyTimes(1800, 900, 5), maxTokenTtlSeconds: 901 },
    ].flatMap((times) => checkKeyTimes(times, names));
    expect(texts.map((text) => text.split(':')[0])).toEqual([
      'LIFE',
      'TURN',
      'KEYS',
      'TURN',
      'KEYS',
      'TOKEN',
    ]);
    expect(texts.join('\n')).not.toMatch(/keys\.\w|tokens\.\w|KKP_/);
  });
});
