import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

const tokens = new URL('../../../../test/vectors/tokens.json', import.meta.url);
const scripts = {
  '/sdk/': new URL('../dist/', import.meta.url),
  '/noble/': new URL('.', import.meta.resolve('@noble/ed25519')),
  '/': new URL('.', import.meta.url),
};

/**
 * Serves the page, the built SDK, the vectors, and the few answers the page asks a KKP server for.
 *
 * @param {(result: { passed: number, failures: string[] }) => void} onResult called with what the page reports
 */
export function makeServer(onResult) {
  return createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/result') {
      onResult(await json(request));
      response.end();
    } else if (pathname.startsWith('/moved/')) response.writeHead(302, { location: '/keys/jwks' }).end();
    else if (pathname.startsWith('/cut/')) request.socket.destroy();
    else if (!pathname.startsWith('/silent/')) await sendFile(pathname, response);
  });
}

async function sendFile(pathname, response) {
  try {
    const [type, body] = await read(pathname);
    response.writeHead(200, { 'content-type': type }).end(body);
  } catch {
    response.writeHead(404).end();
  }
}

async function read(pathname) {
  if (pathname === '/') return ['text/html', await readFile(new URL('index.html', import.meta.url))];
  if (pathname === '/tokens.json') return ['application/json', await readFile(tokens)];
  if (pathname === '/keys/jwks') {
    return ['application/json', JSON.stringify(JSON.parse(await readFile(tokens, 'utf8')).keys)];
  }
  const [prefix, folder] = Object.entries(scripts).find(([start]) => pathname.startsWith(start));
  return ['text/javascript', await readFile(new URL(pathname.slice(prefix.length), folder))];
}
