import type { IncomingHttpHeaders } from 'node:http';
import { SetMetadata } from '@nestjs/common';
import type { KkpError } from '../errors.js';
import type { Asker } from './asker.js';
import type { BodyType } from './body.js';

/** How the routes of one protocol read what they are sent, and how they say no. */
export interface Face {
  /** The one media type of their bodies. */
  readonly mediaType: string;
  /**
   * The members for the class of a body, from what the platform's parser made of one.
   * @throws KkpError `unauthenticated`, `invalid_request` and others that the protocol wants
   */
  membersOf(type: BodyType<object>, parsed: unknown, asker: Asker): unknown;
  /** @param requestId names the request, as the log does */
  refusalOf(error: KkpError, requestId: string, headers: IncomingHttpHeaders): Refusal;
}

/** An answer that says no. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const FACE = 'kkp:face';

/** Gives a route another face than KKP's own. */
export const Wears = (face: Face) => SetMetadata(FACE, face);

/** The face that the method of a controller was given. */
export const faceOf = (method: object): Face | undefined =>
  Reflect.getMetadata(FACE, method) as Face | undefined;

/** Names a route's face in its configuration on Fastify. */
export const ROUTE_FACE = 'kkp:face';

/** The face of the route that a request of Fastify's is for, as far as it was found already. */
export const routeFaceOf = (request: object): Face | undefined =>
  (request as { routeOptions?: { config?: { [ROUTE_FACE]?: Face } } }).routeOptions?.config?.[ROUTE_FACE];
