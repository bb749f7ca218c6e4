import { readFileSync } from 'node:fs';
import { describeApi } from '../../src/server/index.js';
import { startServer } from '../support/server.js';

describe('openapi.json', () => {
  it('is what the routes and their DTOs say (npm run openapi writes it)', async () => {
    const server = await startServer();
    const committed: unknown = JSON.parse(
      readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'),
    );
    expect(committed).toEqual(JSON.parse(JSON.stringify(describeApi(server.app))));
    await server.close();
  });
});
