import { encodeForm, type Form } from '../support/form.js';
import type { Material, Route } from './route-matrix.js';

/** A good request to a route, but for who asks. */
export interface RouteRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** @param name the route's, as `POST /token` */
export function requestFor(name: string, route: Route, material: Partial<Material> = {}): RouteRequest {
  const [method = '', path = ''] = name.split(' ');
  if (!route.body) return { method, path, headers: {} };
  const members = route.body(material);
  return {
    method,
    path,
    headers: { 'content-type': route.isForm ? 'application/x-www-form-urlencoded' : 'application/json' },
    body: route.isForm ? encodeForm(members as Form) : JSON.stringify(members),
  };
}

export interface RouteAnswer {
  /** Of a batch that was taken, the status of its one item. */
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** @param headers what is shown of who asks */
export async function askRoute(
  url: string,
  request: RouteRequest,
  headers: Readonly<Record<string, string>> = {},
): Promise<RouteAnswer> {
  const { method, path, body } = request;
  const response = await fetch(url + path, {
    method,
    headers: { ...request.headers, ...headers },
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  const { status } = response.ok && path.endsWith('/batch') ? itemOf(text) : response;
  return { status, headers: response.headers, text };
}

function itemOf(text: string): { status: number } {
  const { results } = JSON.parse(text) as { results: [{ status: number }] };
  return results[0];
}
