import type { Rule } from '../rule.js';
import { aadBound } from './aad-bound.js';
import { aadNotOptional } from './aad-not-optional.js';
import { aadRefused } from './aad-refused.js';
import { abortBeforeCall } from './abort-before-call.js';
import { abortDuringCall } from './abort-during-call.js';
import { algNotTrusted } from './alg-not-trusted.js';
import { anotherConnection } from './another-connection.js';
import { capabilitiesAgree } from './capabilities-agree.js';
import { capabilitiesArePure } from './capabilities-are-pure.js';
import { closeBeforeOpen } from './close-before-open.js';
import { closeIsIdempotent } from './close-is-idempotent.js';
import { dataKeyBound } from './data-key-bound.js';
import { dataKeyNamesKey } from './data-key-names-key.js';
import { dataKeyOpens } from './data-key-opens.js';
import { dataKeysAreFresh } from './data-keys-are-fresh.js';
import { deadlineBeforeCall } from './deadline-before-call.js';
import { deadlineDuringCall } from './deadline-during-call.js';
import { deletedKeyRefused } from './deleted-key-refused.js';
import { describeIsCanonical } from './describe-is-canonical.js';
import { describedVersionWraps } from './described-version-wraps.js';
import { disabledKeyOpensNothing } from './disabled-key-opens-nothing.js';
import { disabledKeyWrapsNothing } from './disabled-key-wraps-nothing.js';
import { foreignVersionRefused } from './foreign-version-refused.js';
import { healthIsTold } from './health-is-told.js';
import { inputsNotKept } from './inputs-not-kept.js';
import { inputsUntouched } from './inputs-untouched.js';
import { keyIdIsStable } from './key-id-is-stable.js';
import { maximumAad } from './maximum-aad.js';
import { maximumPlaintext } from './maximum-plaintext.js';
import { nothingSecretTold } from './nothing-secret-told.js';
import { onlyKmsErrors } from './only-kms-errors.js';
import { optionalCallsDeclared } from './optional-calls-declared.js';
import { otherKeyRefused } from './other-key-refused.js';
import { outputsAreFresh } from './outputs-are-fresh.js';
import { oversizedPlaintext } from './oversized-plaintext.js';
import { parallelCalls } from './parallel-calls.js';
import { pinNotTrusted } from './pin-not-trusted.js';
import { resizedBlob } from './resized-blob.js';
import { rewrapMoves } from './rewrap-moves.js';
import { rewrapRefuses } from './rewrap-refuses.js';
import { rotationIsTold } from './rotation-is-told.js';
import { rotationStrandsNothing } from './rotation-strands-nothing.js';
import { roundTrip } from './round-trip.js';
import { tamperedBlob } from './tampered-blob.js';
import { unknownKeyNotDescribed } from './unknown-key-not-described.js';
import { unknownKeyOpensNothing } from './unknown-key-opens-nothing.js';
import { unknownKeyWrapsNothing } from './unknown-key-wraps-nothing.js';
import { unwrapNamesKey } from './unwrap-names-key.js';
import { useAfterClose } from './use-after-close.js';
import { useBeforeOpen } from './use-before-open.js';
import { versionsNotReused } from './versions-not-reused.js';
import { wrapNamesKey } from './wrap-names-key.js';
import { wrapsDiffer } from './wraps-differ.js';

/** The contract, rule by rule, in the order in which a suite reads best. */
export const RULES: readonly Rule[] = [
  roundTrip,
  maximumPlaintext,
  oversizedPlaintext,
  wrapsDiffer,
  otherKeyRefused,
  pinNotTrusted,
  foreignVersionRefused,
  algNotTrusted,
  aadBound,
  aadNotOptional,
  aadRefused,
  maximumAad,
  tamperedBlob,
  resizedBlob,
  unknownKeyWrapsNothing,
  unknownKeyOpensNothing,
  unknownKeyNotDescribed,
  wrapNamesKey,
  unwrapNamesKey,
  describeIsCanonical,
  keyIdIsStable,
  capabilitiesArePure,
  capabilitiesAgree,
  optionalCallsDeclared,
  dataKeyOpens,
  dataKeyNamesKey,
  dataKeyBound,
  dataKeysAreFresh,
  rewrapMoves,
  rewrapRefuses,
  inputsUntouched,
  inputsNotKept,
  outputsAreFresh,
  nothingSecretTold,
  onlyKmsErrors,
  parallelCalls,
  anotherConnection,
  healthIsTold,
  abortBeforeCall,
  abortDuringCall,
  deadlineBeforeCall,
  deadlineDuringCall,
  closeIsIdempotent,
  closeBeforeOpen,
  useBeforeOpen,
  useAfterClose,
  rotationStrandsNothing,
  rotationIsTold,
  versionsNotReused,
  describedVersionWraps,
  disabledKeyOpensNothing,
  disabledKeyWrapsNothing,
  deletedKeyRefused,
];
