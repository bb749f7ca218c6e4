import { connect, type Socket } from 'node:net';

/** Writes bytes to the server as they are and gives back everything that it answers until it closes. */
export async function sendRaw(url: string, request: string | Buffer): Promise<string> {
  const connection = openRaw(url);
  connection.socket.write(request);
  return connection.closed;
}

export interface RawConnection {
  readonly socket: Socket;
  /** Resolves once the server has accepted the connection, as far as the client can tell. */
  readonly connected: Promise<void>;
  /** Resolves with everything answered so far once that ends in a whole answer. Bodies must have a length. */
  answered(count?: number): Promise<string>;
  /** Resolves with everything that was answered, or rejects with ECONNRESET and the like. */
  readonly closed: Promise<string>;
}

/** A connection on which a test decides what is sent when. */
export function openRaw(url: string): RawConnection {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname.replace(/[[\]]/g, ''));
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  socket.setTimeout(15_000, () => socket.destroy(new Error('the server did not close the connection')));
  const connected = new Promise<void>((resolve) => socket.once('connect', resolve));
  const closed = new Promise<string>((resolve, reject) => {
    socket.on('close', () => resolve(text)).on('error', reject);
  });
  // A test that does not wait for the end does not care how it comes.
  closed.catch(() => undefined);
  const answered = async (count = 1): Promise<string> => {
    while (splitAnswers(text).length < count) {
      await Promise.race([new Promise((resolve) => socket.once('data', resolve)), closed.then(failEarly)]);
    }
    return text;
  };
  return { socket, connected, answered, closed };
}

const failEarly = (text: string): never => {
  throw new Error(`the connection was closed after ${splitAnswers(text).length} answers`);
};

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** The whole answers at the beginning of a text. */
export function splitAnswers(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = text; ;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return answers;
    const head = rest.slice(0, end);
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
    const bytes = Buffer.from(rest.slice(end + 4));
    if (bytes.length < length) return answers;
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
    answers.push({ status, head, body: bytes.subarray(0, length).toString('utf8') });
    rest = bytes.subarray(length).toString('utf8');
  }
}

/** A request as bytes; `headers` without line ends. */
export function rawRequest(
  method: string,
  target: string,
  body?: unknown,
  headers: string[] = ['Host: x'],
): string {
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
  const content = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(text)}`];
  const type =
    body === undefined || headers.some((header) => /^content-type:/i.test(header))
      ? []
      : ['Content-Type: application/json'];
  return [`${method} ${target} HTTP/1.1`, ...headers, ...type, ...content, '', text].join('\r\n');
}
