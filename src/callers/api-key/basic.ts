import type { CallerRequest } from '../authenticator.js';

const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2})$/i;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A client's id and secret, as `Authorization: Basic` says them. */
interface ClientPassword {
  readonly id: string;
  readonly secret: string;
}

/** Whether a request shows something by this scheme, good or not. */
export const isBasic = ({ headers }: CallerRequest): boolean =>
  /^Basic(?: |$)/i.test(headers.authorization ?? '');

/** Id and secret, each encoded like the parameter of a form (RFC 6749 section 2.3.1); undefined for anything else. */
export function clientPasswordOf({ headers }: CallerRequest): ClientPassword | undefined {
  const [, text = ''] = BASIC.exec(headers.authorization ?? '') ?? [];
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== text) return undefined;
  try {
    const [, id = '', secret = ''] = /^([^:]*):(.*)$/s.exec(UTF8.decode(bytes)) ?? [];
    return { id: decode(id), secret: decode(secret) };
  } catch {
    return undefined;
  }
}

const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
