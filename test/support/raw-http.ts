import { connect } from 'node:net';

/** Writes bytes to the server as they are and gives back everything that it answers until it closes. */
export function sendRaw(url: string, request: string | Buffer, { end = false } = {}): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
    socket.on('error', reject);
    socket.setTimeout(15_000, () => socket.destroy(new Error('the server did not close the connection')));
    socket.write(request);
    if (end) socket.end();
  });
}
