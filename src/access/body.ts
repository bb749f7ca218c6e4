import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';
import { KkpError } from '../errors.js';
import { isJsonObject, MAX_DEPTH } from '../strict-json.js';
import { nestedTypes } from './members.js';

export type BodyType<T extends object> = new () => T;

/** The body of an operation that takes no members: absent, or an empty object. */
export class NoMembers {}

/**
 * Checks a parsed JSON body against its class: no unknown member, no wrong type, no ill-formed string, not too deep.
 * @throws KkpError `invalid_request` that names the members at fault and never their values.
 */
export function parseBody<T extends object>(type: BodyType<T>, raw: unknown): T {
  const body = raw === undefined ? {} : raw;
  if (!isJsonObject(body)) {
    throw new KkpError('invalid_request', 'The body must be a JSON object.');
  }
  checkTree(body, 1);
  const parsed = instantiate(type, body);
  // class-validator takes a class without rules for a mistake, so the one class that is meant so stands apart.
  if (parsed instanceof NoMembers) return refuseMembers(parsed);
  const faults = validateSync(parsed, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
  });
  if (faults.length > 0)
    throw new KkpError('invalid_request', faults.flatMap((fault) => describe(fault, type)).join(' '));
  return parsed;
}

/**
 * An instance for class-validator to look at. Done by hand: class-transformer walks into free-form members, copies them,
 * drops some names, and throws on a member named "constructor".
 */
function instantiate<T extends object>(type: BodyType<T>, body: object): T {
  // class-validator finds its rules by this very member.
  if (Object.hasOwn(body, 'constructor')) {
    throw new KkpError('invalid_request', `Member constructor ${notKnown(type)}.`);
  }
  const instance = Object.assign(new type(), body) as T & Record<string, unknown>;
  for (const [name, inner] of nestedTypes(type)) {
    const value = instance[name];
    if (isJsonObject(value)) Object.assign(instance, { [name]: instantiate(inner, value) });
  }
  return instance;
}

function refuseMembers<T extends object>(body: T): T {
  const [name] = Object.keys(body);
  if (name === undefined) return body;
  throw new KkpError('invalid_request', `Member ${printable(name)} is not a known member: there are none.`);
}

/**
 * Strings with lone surrogates are not text: they cannot be signed, and they abort a policy evaluation. Deeper nesting
 * than a token may have overflows the stack of whoever walks it.
 */
function checkTree(value: unknown, depth: number): void {
  if (typeof value === 'string') checkText(value);
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) {
    throw new KkpError(
      'invalid_request',
      `The body is nested too deeply: at most ${MAX_DEPTH} levels are allowed.`,
    );
  }
  if (Array.isArray(value)) {
    for (const item of value) checkTree(item, depth + 1);
    return;
  }
  for (const [name, item] of Object.entries(value)) {
    checkText(name);
    if (name === '__proto__') throw new KkpError('invalid_request', 'The body has a member named __proto__.');
    checkTree(item, depth + 1);
  }
}

function checkText(text: string): void {
  if (!text.isWellFormed()) {
    throw new KkpError(
      'invalid_request',
      'The body holds a string that is not well-formed Unicode (a lone surrogate).',
    );
  }
}

const PRINTABLE_NAME = /^[A-Za-z0-9_#]{1,64}$/;

const printable = (name: string): string => (PRINTABLE_NAME.test(name) ? name : 'with an unprintable name');

const notKnown = (type: BodyType<object>): string =>
  `is not a known member; there are ${memberNames(type).join(', ')}`;

/** Which members a body may have is in the rules of its class. */
export function memberNames(type: BodyType<object>): readonly string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  return [...new Set(rules.map(({ propertyName }) => propertyName))];
}

function describe(fault: ValidationError, type: BodyType<object>, parent = ''): string[] {
  const path = `${parent}${printable(fault.property)}`;
  const inner = nestedTypes(type).get(fault.property);
  if (inner && fault.children?.length) {
    return fault.children.flatMap((child) => describe(child, inner, `${path}.`));
  }
  const texts = Object.entries(fault.constraints ?? {}).map(([rule, text]) =>
    rule === 'whitelistValidation' ? notKnown(type) : text.replace(`${fault.property} `, ''),
  );
  return texts.map((text) => `Member ${path} ${text}.`);
}
