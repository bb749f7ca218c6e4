import { rawRequest } from '../support/raw-http.js';
import { GRANT } from '../support/server.js';

const SECRET = JSON.stringify({ backend: GRANT.backend, key_id: GRANT.key_id, plaintext: 'attack at dawn' });
const LENGTH = `Content-Length: ${SECRET.length}`;
const JSON_TYPE = 'Content-Type: application/json';
const CLOSE = 'Connection: close';
const HOST = 'Host: x';

/** A request that would encrypt, were it let: by any method and target, with more headers than it needs. */
const asking = (method: string, target: string, ...more: string[]): string =>
  rawRequest(method, target, SECRET, [HOST, CLOSE, ...more]);
const encrypt = (...more: string[]): string => asking('POST', '/envelope/encrypt', ...more);
const bytes = (...lines: string[]): string => lines.join('\r\n');
/** One that would rotate the keys: short enough to be somebody's body. */
const ROTATE = bytes('POST /keys/rotate HTTP/1.1', HOST, 'X-Badge: admin', CLOSE, '', '');
/** A whole chunked body (RFC 9112 section 7.1) of one chunk. */
const CHUNKS = bytes(SECRET.length.toString(16), SECRET, '0', '', '');
const chunked = (body: string, ...more: string[]): string =>
  bytes(
    'POST /envelope/encrypt HTTP/1.1',
    HOST,
    CLOSE,
    JSON_TYPE,
    'Transfer-Encoding: chunked',
    ...more,
    '',
    body,
  );

/** What somebody sends who has no credential, by what is odd about it, and the statuses of all answers on the connection. */
export const GAPS: readonly (readonly [name: string, request: string, statuses: readonly number[]])[] = [
  ['nothing odd', encrypt(), [401]],
  // Methods.
  ['GET', asking('GET', '/envelope/encrypt'), [405]],
  ['HEAD', asking('HEAD', '/envelope/encrypt'), [405]],
  ['OPTIONS', asking('OPTIONS', '/envelope/encrypt'), [405]],
  ['TRACE', asking('TRACE', '/envelope/encrypt'), [405]],
  ['CONNECT', asking('CONNECT', '/envelope/encrypt'), [405]],
  ['PUT', asking('PUT', '/envelope/encrypt'), [405]],
  ['PATCH', asking('PATCH', '/envelope/encrypt'), [405]],
  ['QUERY', asking('QUERY', '/envelope/encrypt'), [405]],
  ['PROPFIND', asking('PROPFIND', '/envelope/encrypt'), [405]],
  ['a method that nobody knows', asking('FORCE', '/envelope/encrypt'), [400]],
  ['a method in small letters', asking('post', '/envelope/encrypt'), [400]],
  ['a method in mixed letters', asking('Post', '/envelope/encrypt'), [400]],
  [
    'GET that overrides its method',
    asking(
      'GET',
      '/envelope/encrypt',
      'X-HTTP-Method-Override: POST',
      'X-Method-Override: POST',
      'X-HTTP-Method: POST',
    ),
    [405],
  ],
  ['POST that overrides its method', encrypt('X-HTTP-Method-Override: GET'), [401]],
  ['GET that overrides its method in the query', asking('GET', '/envelope/encrypt?_method=POST'), [405]],
  // Headers that some proxies and frameworks believe.
  ['a public path as the original URL', encrypt('X-Original-URL: /livez', 'X-Rewrite-URL: /livez'), [401]],
  [
    'the path as the original URL of a public one',
    asking('GET', '/livez', 'X-Original-URL: /envelope/encrypt', 'X-Rewrite-URL: /envelope/encrypt'),
    [200],
  ],
  [
    'a prefix',
    encrypt('X-Forwarded-Prefix: /livez', 'X-Forwarded-Path: /livez', 'X-Forwarded-Uri: /livez'),
    [401],
  ],
  [
    'a forwarded address',
    encrypt('X-Forwarded-For: 127.0.0.1', 'X-Real-IP: 127.0.0.1', 'Forwarded: for=127.0.0.1'),
    [401],
  ],
  [
    'a forwarded user',
    encrypt('X-Forwarded-User: operator', 'X-Remote-User: operator', 'X-Auth-Request-User: operator'),
    [401],
  ],
  [
    'a forwarded certificate',
    encrypt('X-Forwarded-Client-Cert: Subject="CN=operator"', 'Client-Cert: :AAAA:'),
    [401],
  ],
  [
    'a forwarded protocol and host',
    encrypt('X-Forwarded-Proto: https', 'X-Forwarded-Host: localhost'),
    [401],
  ],
  ['an upgrade to HTTP/2', encrypt('Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'), [401]],
  ['an upgrade to a web socket', encrypt('Upgrade: websocket'), [401]],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400]],
  // Headers that are not quite a credential.
  ['a credential with a space before the colon', encrypt('X-Badge : admin'), [400]],
  ['a credential after a fold', encrypt('X-Other: a', ' X-Badge: admin'), [400]],
  ['a credential that is folded', encrypt('X-Badge:', ' admin'), [400]],
  ['a credential with an underscore', encrypt('X_Badge: admin'), [401]],
  ['a credential after a bare CR', encrypt('X-Other: a\rX-Badge: admin'), [400]],
  ['a credential after a bare LF', encrypt('X-Other: a\nX-Badge: none'), [400]],
  ['a credential after a NUL', encrypt('X-Other: a\0X-Badge: admin'), [400]],
  [
    'a credential in a trailer',
    chunked(CHUNKS.replace(/\r\n$/, bytes('X-Badge: admin', '', '')), 'Trailer: X-Badge'),
    [401],
  ],
  ['a credential as a hop-by-hop header', encrypt('X-Badge;admin'), [400]],
  // Pages of other origins.
  ['a page of another origin', encrypt('Origin: https://elsewhere.example'), [403]],
  ['a page of no origin', encrypt('Origin: null'), [403]],
  ['a form of another site', encrypt('Sec-Fetch-Site: cross-site', 'Origin: http://x'), [403]],
  // Hosts and versions.
  ['two hosts', encrypt('Host: y'), [400]],
  ['no host', rawRequest('POST', '/envelope/encrypt', SECRET, [CLOSE]), [400]],
  ['HTTP/1.0', encrypt().replace('HTTP/1.1', 'HTTP/1.0'), [401]],
  ['HTTP/0.9', 'POST /envelope/encrypt\r\n\r\n', [400]],
  ['HTTP/1.2', encrypt().replace('HTTP/1.1', 'HTTP/1.2'), [400]],
  ['HTTP/3.0', encrypt().replace('HTTP/1.1', 'HTTP/3.0'), [400]],
  ['lines that end in LF alone', encrypt().replaceAll('\r\n', '\n'), [400]],
  ['an expectation', encrypt('Expect: 100-continue'), [100, 401]],
  // Where a body ends.
  ['two lengths', encrypt('Content-Length: 0'), [400]],
  ['two lengths in one', encrypt().replace(LENGTH, `${LENGTH}, ${SECRET.length}`), [400]],
  ['the same length twice', encrypt(LENGTH), [400]],
  ['a length with a sign', encrypt().replace('Length: ', 'Length: +'), [400]],
  ['a length in hexadecimal', encrypt().replace(LENGTH, 'Content-Length: 0x20'), [400]],
  ['a length below zero', encrypt().replace(LENGTH, 'Content-Length: -1'), [400]],
  ['a length and chunks', encrypt('Transfer-Encoding: chunked'), [400]],
  ['chunks that are not the last coding', chunked(CHUNKS).replace('chunked', 'chunked, identity'), [400]],
  ['chunks after another coding', chunked(CHUNKS).replace('chunked', 'gzip, chunked'), [401]],
  ['a coding that nobody knows', chunked(CHUNKS).replace('chunked', 'xchunked'), [400]],
  ['chunks said twice', chunked(CHUNKS, 'Transfer-Encoding: chunked'), [400]],
  ['chunks in HTTP/1.0', chunked(CHUNKS).replace('HTTP/1.1', 'HTTP/1.0'), [401]],
  ['chunks with a tab before their name', chunked(CHUNKS).replace('Encoding: ', 'Encoding:\t'), [401]],
  ['chunks with a space before the colon', chunked(CHUNKS).replace('Encoding:', 'Encoding :'), [400]],
  ['chunks', chunked(CHUNKS), [401]],
  ['a chunk of 2^64 bytes', chunked('10000000000000000\r\n'), [400]],
  ['a chunk with a sign', chunked(`+${CHUNKS}`), [400]],
  ['a chunk in hexadecimal with 0x', chunked(`0x${CHUNKS}`), [400]],
  ['a chunk that ends in LF alone', chunked(CHUNKS.replaceAll('\r\n', '\n')), [400]],
  ['a chunk with an extension', chunked(CHUNKS.replace('\r\n', ';x="\r\n')), [400]],
  // Requests inside of requests.
  [
    'a request as the body of a public one',
    rawRequest('GET', '/livez', ROTATE, [HOST, CLOSE, JSON_TYPE]),
    [200],
  ],
  [
    'a request after the body of a refused one',
    encrypt().replace(`${CLOSE}\r\n`, '') + ROTATE.replace('X-Badge: admin\r\n', ''),
    [401, 401],
  ],
  [
    'a request hidden by a length of 0',
    bytes(
      'POST /envelope/encrypt HTTP/1.1',
      HOST,
      'Content-Length: 0',
      'Transfer-Encoding: chunked',
      '',
      '0',
      '',
      ROTATE,
    ),
    [400],
  ],
  [
    'a request hidden by an unknown coding',
    bytes(
      'POST /envelope/encrypt HTTP/1.1',
      HOST,
      `Content-Length: ${ROTATE.length + 5}`,
      'Transfer-Encoding: xchunked',
      '',
      '0',
      '',
      ROTATE,
    ),
    [400],
  ],
  [
    'a request after one of a known caller',
    bytes('POST /keys/jwks HTTP/1.1', HOST, 'X-Badge: admin', '', '') +
      ROTATE.replace('X-Badge: admin\r\n', ''),
    [405, 401],
  ],
];
