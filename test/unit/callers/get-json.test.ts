import { once } from 'node:events';
import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { getJson } from '../../../src/callers/jwt/get-json.js';
import { Authority } from '../../support/certificates.js';

const { signal } = new AbortController();
const MOST = 256 * 1024;

describe('what an issuer answers', () => {
  let server: Server;
  afterEach(() => {
    jest.restoreAllMocks();
    server.closeAllConnections();
    server.close();
  });

  async function serve(answer: RequestListener, made: Server = createHttp()): Promise<URL> {
    server = made.on('request', answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  }

  it('is a JSON object, asked for with the token that is given', async () => {
    const url = await serve(({ headers }, response) =>
      response.end(JSON.stringify({ accept: headers.accept, authorization: headers.authorization })),
    );
    const accept = 'application/json';
    expect(await getJson(url, { signal })).toEqual({ accept });
    expect(await getJson(url, { signal, bearer: 'x.y' })).toEqual({ accept, authorization: 'Bearer x.y' });
  });

  it('is believed over TLS by the given authority alone', async () => {
    const [authority, other] = await Promise.all([Authority.create(), Authority.create()]);
    const issued = await authority.issue({ names: [{ type: 'ip', value: '127.0.0.1' }] });
    const url = await serve((_request, response) => response.end('{}'), createHttps(issued));
    url.protocol = 'https:';
    expect(await getJson(url, { signal, ca: authority.cert })).toEqual({});
    await expect(getJson(url, { signal, ca: other.cert })).rejects.toThrow(/certificate|signature/i);
    await expect(getJson(url, { signal })).rejects.toThrow(/certificate/);
  });

  it('may have 256 KiB, and not one byte more', async () => {
    const url = await serve(({ url: path }, response) =>
      response.end(`{}${' '.repeat(Number(path!.slice(1)))}`),
    );
    expect(await getJson(new URL(`/${MOST - 2}`, url), { signal })).toEqual({});
    await expect(getJson(new URL(`/${MOST - 1}`, url), { signal })).rejects.toThrow('more than 262144 bytes');
  });

  it.each([201, 206, 302, 404, 500])('is none with status %s, and its rest is not read', async (status) => {
    jest.spyOn(AbortSignal, 'timeout').mockReturnValue(signal);
    let closed: Promise<unknown> | undefined;
    const url = await serve((_request, response) => {
      closed = once(response, 'close');
      response.writeHead(status).write('{}');
    });
    await expect(getJson(url, { signal })).rejects.toThrow(`The issuer answered with ${status}.`);
    await closed;
  });

  describe('when it does not come', () => {
    const silent = async () => {
      const url = await serve(() => undefined);
      return { url, asked: once(server, 'request') };
    };

    it('is waited for no longer than five seconds', async () => {
      const { url, asked } = await silent();
      const clock = new AbortController();
      const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValue(clock.signal);
      const getting = getJson(url, { signal });
      await asked;
      expect(timeout).toHaveBeenCalledWith(5_000);
      clock.abort(new Error('time is up'));
      await expect(getting).rejects.toThrow();
    });

    it('is not waited for once nobody wants it', async () => {
      const { url, asked } = await silent();
      jest.spyOn(AbortSignal, 'timeout').mockReturnValue(signal);
      const wish = new AbortController();
      const getting = getJson(url, { signal: wish.signal });
      await asked;
      wish.abort();
      await expect(getting).rejects.toThrow();
    });
  });
});
