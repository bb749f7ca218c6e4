import type { KmsErrorCode } from 'kkp-plugin-kit';
import type { KkpErrorCode } from '../../src/errors.js';
import type { Fault } from '../support/fault-proxy/index.js';
import type { FaultyService, ServiceKind } from '../support/services/index.js';

export const OPERATIONS = ['wrapKey', 'unwrapKey', 'describeKey'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** What the rest of KKP, and its callers, learn of a call under fault. */
export type Outcome =
  | 'ok'
  | {
      readonly kms: KmsErrorCode;
      readonly retryAfterMs?: number;
      readonly kkp: KkpErrorCode;
      readonly retryAfterSeconds?: number;
    };

type Outcomes = Readonly<Record<Operation, Outcome>>;

export interface Row {
  readonly name: string;
  readonly fault: Fault | ((service: FaultyService) => Fault);
  /** The plugins that can meet it. Default: all. */
  readonly only?: readonly ServiceKind[];
  /** Whether nothing but the deadline ends a call. */
  readonly hangs?: true;
  readonly outcome: Outcome | Outcomes;
  /** Plugins that see it otherwise, each for a reason beside it. */
  readonly except?: Partial<Record<ServiceKind, Outcomes>>;
}

/** Longer than any deadline here, so that nobody waits for it. */
const MINUTE = { 'retry-after': '60' };

const DOWN: Outcome = { kms: 'unavailable', kkp: 'kms_unavailable' };
const DOWN_FOR_A_MINUTE: Outcome = { ...DOWN, retryAfterMs: 60_000, retryAfterSeconds: 60 };
const BUSY: Outcome = { kms: 'throttled', kkp: 'kms_throttled', retryAfterSeconds: 1 };
const BUSY_FOR_A_MINUTE: Outcome = { ...BUSY, retryAfterMs: 60_000, retryAfterSeconds: 60 };
const FORGED: Outcome = { kms: 'invalid-ciphertext', kkp: 'kms_failed' };

const ROWS: readonly Row[] = [
  { name: 'no fault', fault: { kind: 'none' }, outcome: 'ok' },
  { name: 'latency within the deadline', fault: { kind: 'latency', ms: 20 }, outcome: 'ok' },
  {
    name: 'latency beyond the deadline',
    fault: { kind: 'latency', ms: 3_600_000 },
    hangs: true,
    outcome: DOWN,
  },
  { name: 'a reset', fault: { kind: 'reset' }, outcome: DOWN },
  { name: 'a half-close', fault: { kind: 'half-close' }, outcome: DOWN },
  { name: 'a black hole', fault: { kind: 'black-hole' }, hangs: true, outcome: DOWN },
  { name: 'a slow drip', fault: { kind: 'slow-drip', everyMs: 20 }, hangs: true, outcome: DOWN },
  { name: 'a truncated body', fault: { kind: 'truncated' }, outcome: DOWN },
  { name: 'half a body', fault: { kind: 'half-body' }, outcome: DOWN },
  { name: '429', fault: { kind: 'refusal', status: 429 }, outcome: BUSY },
  {
    name: '429 with Retry-After',
    fault: { kind: 'refusal', status: 429, headers: MINUTE },
    outcome: BUSY_FOR_A_MINUTE,
  },
  { name: '500', fault: { kind: 'refusal', status: 500 }, outcome: DOWN },
  { name: '502', fault: { kind: 'refusal', status: 502 }, outcome: DOWN },
  {
    name: '503 with Retry-After',
    fault: { kind: 'refusal', status: 503, headers: MINUTE },
    outcome: DOWN_FOR_A_MINUTE,
  },
  {
    name: 'the answer of another key',
    fault: ({ otherKey }) => otherKey,
    outcome: { wrapKey: DOWN, unwrapKey: FORGED, describeKey: DOWN },
    except: {
      // Transit's answers name no key but where one is read: its AEAD and the request's path bind the rest.
      vault: { wrapKey: 'ok', unwrapKey: 'ok', describeKey: DOWN },
      // Nor does the answer to a Decrypt of Cloud KMS.
      gcp: { wrapKey: DOWN, unwrapKey: 'ok', describeKey: DOWN },
    },
  },
  {
    name: 'a wrong checksum',
    fault: ({ wrongChecksum }) => wrongChecksum!,
    only: ['gcp'],
    // The description of a key has no checksum.
    outcome: { wrapKey: DOWN, unwrapKey: DOWN, describeKey: 'ok' },
  },
];

export const rowsOf = (kind: ServiceKind): readonly Row[] =>
  ROWS.filter(({ only }) => only?.includes(kind) ?? true);

export function outcomeOf(row: Row, kind: ServiceKind, operation: Operation): Outcome {
  const outcome = row.except?.[kind] ?? row.outcome;
  return typeof outcome === 'object' && operation in outcome
    ? (outcome as Outcomes)[operation]
    : (outcome as Outcome);
}
