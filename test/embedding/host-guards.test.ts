import {
  Controller,
  ForbiddenException,
  HttpException,
  Post,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  type CanActivate,
} from '@nestjs/common';
import memory from 'kkp-plugin-memory';
import { PolicyGuard, ProblemFilter } from '../../src/access/index.js';
import { KkpModule } from '../../src/index.js';
import { expectProblem, GRANT, send } from '../support/server.js';
import { PLATFORMS, schedule, startHost } from './host.js';

const module = () =>
  KkpModule.forRoot({
    backends: [memory({ name: 'aws', emulates: 'aws' })],
    path: 'kkp',
    log: () => undefined,
  });

/** Requests that would be answered, one for each route that does something. */
const KEY = { backend: 'aws', key_id: 'k' };
const REQUESTS = [
  ['token', GRANT],
  ['keys/rotate', {}],
  ['datakey', KEY],
  ['datakey/batch', { items: [KEY] }],
  ['envelope/encrypt', { ...KEY, plaintext: 'x' }],
  ['envelope/encrypt/batch', { items: [{ ...KEY, plaintext: 'x' }] }],
  ['envelope/decrypt/batch', { items: [{}] }],
  ['envelope/rewrap/batch', { items: [{}] }],
] as const;

describe.each(PLATFORMS)('the host’s own guards on %s', (_name, platform) => {
  it.each([
    ['forbids', () => new ForbiddenException('host text'), 403, 'policy_denied'],
    ['knows nobody', () => new UnauthorizedException('host text'), 401, 'invalid_token'],
    ['has had enough', () => new HttpException('host text', 429), 429, 'rate_limited'],
  ])('keep their status when one %s', async (_verb, makeError, status, code) => {
    const guard: CanActivate = {
      canActivate: () => {
        throw makeError();
      },
    };
    const { app, url } = await startHost(platform, [schedule(), module()], [], [guard]);
    for (const [route, body] of REQUESTS) {
      const answer = await send(url, 'POST', `/kkp/${route}`, body);
      expectProblem(answer, status, code);
      expect(JSON.stringify(answer.body)).not.toContain('host text');
    }
    await app.close();
  });

  it('finds forms and plain text refused, which pages of other origins may send without asking', async () => {
    const { app, url } = await startHost(platform, [schedule(), module()]);
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/jsonp']) {
      for (const [path, body] of [
        ['token', new URLSearchParams(GRANT).toString()],
        ['keys/rotate', ''],
        ['datakey', new URLSearchParams(KEY).toString()],
        ['datakey/batch', 'items[0][backend]=aws&items[0][key_id]=k'],
      ] as const) {
        const response = await fetch(`${url}/kkp/${path}`, {
          method: 'POST',
          body,
          headers: { 'content-type': type },
        });
        expect([400, 415]).toContain(response.status);
      }
    }
    expect((await send(url, 'POST', '/kkp/keys/rotate')).status).toBe(201);
    for (const [route, body] of REQUESTS.slice(2)) {
      expect((await send(url, 'POST', `/kkp/${route}`, body)).status).toBe(200);
    }
    await app.close();
  });
});

describe('a route of KKP that names no operation', () => {
  it('is refused', async () => {
    @Controller('kkp')
    @UseGuards(PolicyGuard)
    @UseFilters(ProblemFilter)
    class Forgotten {
      @Post('forgotten')
      forgotten(): string {
        return 'reached';
      }
    }
    const kkp = module();
    const { app, url } = await startHost(PLATFORMS[0][1], [
      schedule(),
      { ...kkp, controllers: [...(kkp.controllers ?? []), Forgotten] },
    ]);
    expectProblem(await send(url, 'POST', '/kkp/forgotten', {}), 403, 'policy_denied');
    await app.close();
  });
});
