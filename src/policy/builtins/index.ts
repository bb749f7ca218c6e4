import type { HostBuiltins } from './builtin.js';
import { sprintf } from './sprintf.js';
import { anyPrefixMatch, anySuffixMatch } from './strings.js';
import { addDate } from './time-add.js';
import { parseDuration } from './time-duration.js';
import { clock, date, diff, weekday } from './time-read.js';
import { parseRfc3339 } from './time-rfc3339.js';

export type { Evaluation, HostBuiltin, HostBuiltins } from './builtin.js';

/**
 * The builtins that KKP supplies to policies, beside those that OPA compiles into a module: time, for policies by
 * hour, day and age; any_*_match, for lists of key ids, audiences and subjects by prefix; sprintf, for reasons.
 * Nothing that reaches out (http.send, opa.runtime) and nothing that KKP has already done (io.jwt.*).
 */
export const hostBuiltins: HostBuiltins = {
  sprintf,
  'strings.any_prefix_match': anyPrefixMatch,
  'strings.any_suffix_match': anySuffixMatch,
  'time.add_date': addDate,
  'time.clock': clock,
  'time.date': date,
  'time.diff': diff,
  'time.now_ns': (_, { nowNs }) => nowNs,
  'time.parse_duration_ns': parseDuration,
  'time.parse_rfc3339_ns': parseRfc3339,
  'time.weekday': weekday,
};

export const hostBuiltinNames: readonly string[] = Object.keys(hostBuiltins);
