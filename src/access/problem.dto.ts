import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ERRORS, publicCode, type KkpErrorCode } from '../errors.js';
import { PROBLEM_MEDIA_TYPE, type Problem } from './problem.js';

const CODES = [...new Set((Object.keys(ERRORS) as KkpErrorCode[]).map(publicCode))];

export class ProblemDto implements Problem {
  @ApiProperty({
    description: 'A URI that names the kind of problem.',
    example: 'urn:kkp:error:policy_denied',
  })
  readonly type!: string;

  @ApiProperty({ description: 'The kind of problem in words.' })
  readonly title!: string;

  @ApiProperty({ type: 'integer', description: 'The HTTP status.' })
  readonly status!: number;

  @ApiProperty({ description: 'What was wrong, and what is allowed.' })
  readonly detail!: string;

  @ApiProperty({ description: 'Names the request, as the log does.' })
  readonly instance!: string;

  @ApiProperty({ enum: CODES, description: 'The stable code.' })
  readonly error!: string;

  @ApiProperty({ description: 'The same text as `detail`.' })
  readonly message!: string;
}

/** Documents the problems that a route may answer with, by status. */
export const ApiProblems = (...codes: KkpErrorCode[]): MethodDecorator & ClassDecorator => {
  const statuses = [...new Set(codes.map((code) => ERRORS[code].status))].sort((a, b) => a - b);
  const content = { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: getSchemaPath(ProblemDto) } } };
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ...statuses.map((status) => {
      const names = codes.filter((code) => ERRORS[code].status === status).map(publicCode);
      return ApiResponse({ status, description: [...new Set(names)].join(', '), content });
    }),
  );
};
