export { Authorizer } from './authorizer.js';
export { NoMembers, parseBody } from './body.js';
export { FreeForm, LongText, Nested, OneOf, Text, Whole } from './members.js';
export type { Operation, Permit, Prepared } from './operation.js';
export { Call, Performs, Permitted, PolicyGuard } from './policy.guard.js';
export { PROBLEM_MEDIA_TYPE, toKkpError, toProblem, type Problem } from './problem.js';
export { ProblemFilter } from './problem.filter.js';
export { ApiProblems, ProblemDto } from './problem.dto.js';
export { isRequestId, requestIdOf } from './request.js';
