import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { json } from 'node:stream/consumers';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.json': 'application/json' };
const repository = new URL('../../../../', import.meta.url);
const vectors = new URL('test/vectors/tokens.json', repository);

/** Where the page is. */
export const PAGE = '/sdk/kkp/ts/browser/index.html';

/**
 * Serves the files of the repository, and the few answers that the page asks a KKP server for.
 *
 * @param {(result: { passed: number, failures: string[] }) => void} onResult called with what the page reports
 */
export function makeServer(onResult) {
  return createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/result') {
      onResult(await json(request));
      response.end();
    } else if (pathname === '/keys/jwks') await sendKeys(response);
    else if (pathname.startsWith('/moved/')) response.writeHead(302, { location: '/keys/jwks' }).end();
    else if (pathname.startsWith('/cut/')) request.socket.destroy();
    else if (!pathname.startsWith('/silent/')) await sendFile(pathname, response);
  });
}

async function sendKeys(response) {
  const { keys } = JSON.parse(await readFile(vectors, 'utf8'));
  response.writeHead(200, { 'content-type': TYPES['.json'] }).end(JSON.stringify(keys));
}

async function sendFile(pathname, response) {
  try {
    const body = await readFile(new URL(`.${pathname}`, repository));
    response.writeHead(200, { 'content-type': TYPES[extname(pathname)] }).end(body);
  } catch {
    response.writeHead(404).end();
  }
}
