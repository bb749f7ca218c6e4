import { readFileSync } from 'node:fs';
import { describeApi } from '../../src/server/index.js';
import { startServer } from '../support/server.js';

interface OpenApi {
  readonly paths: Record<
    string,
    { post: { security?: object[]; parameters?: { name: string }[]; responses: object } }
  >;
}

describe('openapi.json', () => {
  it('says of every route that takes a token that it may be in the header, with a proof', () => {
    const { paths } = JSON.parse(
      readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'),
    ) as OpenApi;
    const withToken = Object.entries(paths).filter(([path]) => /^\/(envelope|datakey)/.test(path));
    expect(withToken).toHaveLength(8);
    for (const [path, { post }] of withToken) {
      expect([path, post.security]).toEqual([path, [{}, { token: [] }, { bound_token: [] }]]);
      expect([path, post.parameters?.map(({ name }) => name)]).toEqual([path, ['DPoP']]);
      expect([path, '401' in post.responses]).toEqual([path, true]);
    }
  });

  it('is what the routes and their DTOs say (npm run openapi writes it)', async () => {
    const server = await startServer();
    const committed: unknown = JSON.parse(
      readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'),
    );
    expect(committed).toEqual(JSON.parse(JSON.stringify(describeApi(server.app))));
    await server.close();
  });
});
