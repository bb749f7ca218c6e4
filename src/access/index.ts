export type { Asker } from './asker.js';
export { Authentication } from './authentication.js';
export { AuthenticationHook, MODULE_ID, ROUTE_OPERATION, ROUTE_OWNER } from './authentication.hook.js';
export { Authorizer } from './authorizer.js';
export type { Asks, BatchAnswer, ItemResult } from './batch.js';
export { ApiBatch } from './batch.dto.js';
export { IS_OWN_TOKEN, type IsOwnToken } from './own-token.js';
export { BatchRunner } from './batch-runner.js';
export { memberNames, NoMembers, parseBody, type BodyType } from './body.js';
export { hasEtag } from './etag.js';
export { faceOf, ROUTE_FACE, routeFaceOf, Wears, type Face, type Refusal } from './face.js';
export { Flag, FreeForm, LongText, Nested, OneOf, OneOfNumbers, SomeOf, Text, Whole } from './members.js';
export { performed, type Operation, type Permit, type Prepared } from './operation.js';
export { Call, operationOf, Performs, PerformsEach, Permitted, PolicyGuard } from './policy.guard.js';
export {
  PROBLEM_MEDIA_TYPE,
  retryAfterHeader,
  toKkpError,
  toProblem,
  type ItemProblem,
  type Problem,
} from './problem.js';
export { ProblemFilter } from './problem.filter.js';
export { ApiProblems, ProblemDto } from './problem.dto.js';
export { requestPath } from './request-facts.js';
export { ApiShownToken, TOKEN_SECURITY } from './shown-token.dto.js';
export { isRequestId, requestIdOf } from './request.js';
