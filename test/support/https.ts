import { request, type RequestOptions } from 'node:https';

/** The status of one request over a connection of its own, or the code of what ended it. */
export const ask = (url: string, options: RequestOptions, body?: string): Promise<number | string> =>
  new Promise((resolve) => {
    const sent = request(url, { agent: false, ...options }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.end(body);
  });
