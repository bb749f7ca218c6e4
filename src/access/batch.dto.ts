import { applyDecorators, type Type } from '@nestjs/common';
import { ApiBody, ApiExtraModels, ApiOkResponse, getSchemaPath, OmitType } from '@nestjs/swagger';
import { MAX_ITEMS } from './batch.js';
import { ApiProblems, ProblemDto } from './problem.dto.js';

class ItemProblemDto extends OmitType(ProblemDto, ['instance']) {}

const ref = (type: Type<unknown>) => ({ $ref: getSchemaPath(type) });

/** Documents a batch of what a single route takes as `body` and answers as `answer`. */
export const ApiBatch = (body: Type<unknown>, answer: Type<unknown>): MethodDecorator =>
  applyDecorators(
    ApiExtraModels(body, answer, ItemProblemDto),
    ApiBody({
      schema: {
        type: 'object',
        required: ['items'],
        additionalProperties: false,
        properties: { items: { type: 'array', minItems: 1, maxItems: MAX_ITEMS, items: ref(body) } },
      },
    }),
    ApiOkResponse({
      description:
        'In the order of the items: for each what the single route would have answered. At most 8 items run at once.',
      schema: {
        type: 'object',
        required: ['results'],
        properties: { results: { type: 'array', items: { oneOf: [succeeded(answer), FAILED] } } },
      },
    }),
    ApiProblems('invalid_request', 'payload_too_large', 'unsupported_media_type', 'rate_limited'),
  );

const succeeded = (answer: Type<unknown>) => ({
  type: 'object',
  required: ['status', 'body'],
  properties: { status: { type: 'integer', enum: [200] }, body: ref(answer) },
});

const FAILED = {
  type: 'object',
  required: ['status', 'body'],
  properties: {
    status: { type: 'integer', minimum: 400 },
    body: ref(ItemProblemDto),
    retry_after_seconds: { type: 'integer', minimum: 1, description: 'What `Retry-After` would have said.' },
  },
};
