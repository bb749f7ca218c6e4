import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path/posix';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createGunzip, gzipSync } from 'node:zlib';
import { extract, pack } from 'tar-stream';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin?: string | Readonly<Record<string, string>>;
}

interface Packed {
  readonly manifest: Manifest;
  readonly tarball: Buffer;
}

/**
 * A registry of packages on loopback. It serves the tarballs that it was given, and of every other package that is installed
 * in `modules` a stub without content and dependencies, to be replaced by a link to the real one.
 */
export class Registry {
  readonly stubs = new Set<string>();
  readonly #packed = new Map<string, Packed>();
  readonly #modules: string;
  readonly #server: Server;

  constructor(modules: string) {
    this.#modules = modules;
    this.#server = createServer((request, response) => {
      void this.#answer(decodeURIComponent(request.url ?? '')).then((answer) => {
        if (!answer) response.writeHead(404).end('{}');
        else response.writeHead(200, { 'content-type': answer.type }).end(answer.body);
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(tarballs: readonly string[]): Promise<this> {
    for (const path of tarballs) {
      const tarball = readFileSync(path);
      const manifest = await manifestIn(tarball);
      this.#packed.set(manifest.name, { manifest, tarball });
    }
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #answer(
    path: string,
  ): Promise<{ readonly type: string; readonly body: string | Buffer } | undefined> {
    const name = path.slice(1).replace(/\/-\/.*$/, '');
    const found = this.#packed.get(name) ?? (await this.#stub(name));
    if (!found) return undefined;
    if (path.includes('/-/')) return { type: 'application/octet-stream', body: found.tarball };
    const { version } = found.manifest;
    const dist = { tarball: `${this.url}/${name}/-/${version}.tgz` };
    const body = {
      name,
      'dist-tags': { latest: version },
      versions: { [version]: { ...found.manifest, dist } },
    };
    return { type: 'application/json', body: JSON.stringify(body) };
  }

  async #stub(name: string): Promise<Packed | undefined> {
    const file = `${this.#modules}/${name}/package.json`;
    if (!existsSync(file)) return undefined;
    const { version, bin } = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
    const manifest: Manifest = { name, version, ...(bin !== undefined && { bin }) };
    this.stubs.add(name);
    const tar = pack();
    tar.entry({ name: 'package/package.json' }, JSON.stringify(manifest));
    // npm links a command only where its file is there.
    for (const path of commandsOf(manifest)) tar.entry({ name: join('package', path) }, '');
    tar.finalize();
    return { manifest, tarball: gzipSync(await buffer(tar)) };
  }
}

async function manifestIn(tarball: Buffer): Promise<Manifest> {
  const tar = extract();
  const gunzip = createGunzip();
  gunzip.end(tarball);
  gunzip.pipe(tar);
  for await (const entry of tar) {
    if (entry.header.name === 'package/package.json') {
      return JSON.parse((await buffer(entry)).toString('utf8')) as Manifest;
    }
    entry.resume();
  }
  throw new Error('The tarball has no package.json.');
}

const commandsOf = ({ bin = {} }: Manifest): string[] =>
  typeof bin === 'string' ? [bin] : Object.values(bin);
