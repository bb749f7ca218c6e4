import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import {
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  MaxLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';

/** What every member of a request body says of itself. */
interface Member {
  readonly description: string;
  readonly example?: unknown;
  readonly optional?: true;
}

/** `null` is a value like any other: only an absent member is optional, unlike class-validator's own IsOptional. */
const required = ({ optional }: Member): PropertyDecorator =>
  optional ? ValidateIf((_body, value: unknown) => value !== undefined) : IsDefined();

const documented = (member: Member, schema: Parameters<typeof ApiProperty>[0]): PropertyDecorator =>
  ApiProperty({
    description: member.description,
    required: member.optional !== true,
    ...(member.example === undefined ? {} : { example: member.example }),
    ...schema,
  } as Parameters<typeof ApiProperty>[0]);

/** A string of at most `maxLength` UTF-16 units. Checks and documents in one place, so that the two cannot part. */
export const Text = (member: Member & { maxLength: number }): PropertyDecorator =>
  applyDecorators(
    documented(member, { type: String, maxLength: member.maxLength }),
    required(member),
    IsString(),
    MaxLength(member.maxLength),
  );

/** Text that only the body limit bounds. */
export const LongText = (member: Member): PropertyDecorator =>
  applyDecorators(documented(member, { type: String }), required(member), IsString());

export const Whole = (member: Member & { minimum: number }): PropertyDecorator =>
  applyDecorators(
    documented(member, { type: 'integer', minimum: member.minimum }),
    required(member),
    IsInt(),
  );

export const OneOf = (member: Member & { values: readonly string[] }): PropertyDecorator =>
  applyDecorators(documented(member, { enum: [...member.values] }), required(member), IsIn(member.values));

export const OneOfNumbers = (member: Member & { values: readonly number[] }): PropertyDecorator =>
  applyDecorators(
    documented(member, { type: 'integer', enum: [...member.values] }),
    required(member),
    IsIn(member.values),
  );

/** A list of at least one of the values, none of them twice. */
export const SomeOf = (member: Member & { values: readonly string[] }): PropertyDecorator => {
  const rule = { message: `must be a list of at least one of ${member.values.join(', ')}, none twice` };
  return applyDecorators(
    documented(member, {
      type: 'array',
      items: { type: 'string', enum: [...member.values] },
      minItems: 1,
      uniqueItems: true,
    }),
    required(member),
    IsArray(rule),
    ArrayMinSize(1, rule),
    ArrayUnique(rule),
    IsIn(member.values, { each: true, ...rule }),
  );
};

export const Flag = (member: Member): PropertyDecorator =>
  applyDecorators(documented(member, { type: Boolean }), required(member), IsBoolean());

/** An object whose members are the caller's own; it reaches the policy exactly as it was sent. */
export const FreeForm = (member: Member): PropertyDecorator =>
  applyDecorators(
    documented(member, { type: 'object', additionalProperties: true }),
    required(member),
    IsObject(),
  );

const NESTED = 'kkp:nested';

/** The members of a body class that are objects with rules of their own. */
export const nestedTypes = (type: new () => object): ReadonlyMap<string, new () => object> =>
  (Reflect.getMetadata(NESTED, type) as Map<string, new () => object> | undefined) ??
  new Map<string, never>();

/** A nested object with its own checked members. */
export const Nested = (member: Member & { type: () => new () => object }): PropertyDecorator =>
  applyDecorators(
    documented(member, { type: member.type }),
    required(member),
    IsObject(),
    ValidateNested(),
    (target: object, name: string | symbol) =>
      Reflect.defineMetadata(
        NESTED,
        new Map([...nestedTypes(target.constructor as new () => object), [String(name), member.type()]]),
        target.constructor,
      ),
  );
