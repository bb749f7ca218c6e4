import type { NestFastifyApplication } from '@nestjs/platform-fastify';

const LINE = /^((?:│ {3}| {4})*)[├└]── (.*?)(?: \(([A-Z, ]+)\))?$/;

/** Every route of the running application, as `POST /token`, read from Fastify's own table. */
export function routesOf(app: NestFastifyApplication): string[] {
  const tree = app.getHttpAdapter().getInstance().printRoutes();
  const path: string[] = [];
  const routes: string[] = [];
  for (const line of tree.split('\n').filter((text) => text.trim() !== '')) {
    const [, indent = '', part = '', methods] = LINE.exec(line) ?? fail(line);
    path.splice(indent.length / 4, Infinity, part);
    for (const method of methods?.split(', ') ?? []) routes.push(`${method} ${path.join('')}`);
  }
  return routes.sort();
}

function fail(line: string): never {
  throw new Error(`Not a line of Fastify’s table of routes: ${line}`);
}
