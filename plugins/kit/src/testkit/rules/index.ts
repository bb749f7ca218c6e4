import type { Rule } from '../rule.js';
import { aadBound } from './aad-bound.js';
import { aadNotOptional } from './aad-not-optional.js';
import { aadRefused } from './aad-refused.js';
import { abortBeforeCall } from './abort-before-call.js';
import { abortDuringCall } from './abort-during-call.js';
import { anotherConnection } from './another-connection.js';
import { capabilitiesArePure } from './capabilities-are-pure.js';
import { closeBeforeOpen } from './close-before-open.js';
import { closeIsIdempotent } from './close-is-idempotent.js';
import { dataKeyOpens } from './data-key-opens.js';
import { deletedKeyRefused } from './deleted-key-refused.js';
import { describeIsCanonical } from './describe-is-canonical.js';
import { disabledKeyOpensNothing } from './disabled-key-opens-nothing.js';
import { disabledKeyWrapsNothing } from './disabled-key-wraps-nothing.js';
import { foreignVersionRefused } from './foreign-version-refused.js';
import { healthIsTold } from './health-is-told.js';
import { inputsNotKept } from './inputs-not-kept.js';
import { inputsUntouched } from './inputs-untouched.js';
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
import { rotationIsTold } from './rotation-is-told.js';
import { rotationStrandsNothing } from './rotation-strands-nothing.js';
import { roundTrip } from './round-trip.js';
import { tamperedBlob } from './tampered-blob.js';
import { unknownKeyNotDescribed } from './unknown-key-not-described.js';
import { unknownKeyOpensNothing } from './unknown-key-opens-nothing.js';
import { unknownKeyWrapsNothing } from './unknown-key-wraps-nothing.js';
import { unwrapNamesKey } from './unwrap-names-key.js';
import { useAfterClose } from './use-after-close.js';
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
  aadBound,
  aadNotOptional,
  aadRefused,
  tamperedBlob,
  resizedBlob,
  unknownKeyWrapsNothing,
  unknownKeyOpensNothing,
  unknownKeyNotDescribed,
  wrapNamesKey,
  unwrapNamesKey,
  describeIsCanonical,
  capabilitiesArePure,
  optionalCallsDeclared,
  dataKeyOpens,
  rewrapMoves,
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
  closeIsIdempotent,
  closeBeforeOpen,
  useAfterClose,
  rotationStrandsNothing,
  rotationIsTold,
  disabledKeyOpensNothing,
  disabledKeyWrapsNothing,
  deletedKeyRefused,
];
