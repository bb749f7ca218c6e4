// Writes openapi.json from the routes and DTOs of the built server: npm run openapi
import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { createPino, createServer, describeApi, prepareStart } from '../../dist/server/index.js';

const { settings, backends } = await prepareStart({});
const app = await createServer(settings, backends, createPino('silent'));
writeFileSync(
  new URL('../../openapi.json', import.meta.url),
  `${JSON.stringify(describeApi(app), null, 2)}\n`,
);
await app.close();
