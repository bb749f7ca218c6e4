import { Injectable, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import {
  KkpError,
  KkpModule,
  type AuthenticatedCaller,
  type Authenticator,
  type CallerRequest,
} from 'keyless-kms-proxy';
import memory from 'kkp-plugin-memory';

@Injectable()
export class Badges implements Authenticator {
  readonly credentialHeaders = ['x-badge'];

  authenticate({ headers }: CallerRequest): Promise<AuthenticatedCaller | undefined> {
    const badge = headers['x-badge'];
    if (badge === undefined) return Promise.resolve(undefined);
    if (badge !== 'gold') throw new KkpError('unauthenticated', 'The badge is not known.');
    return Promise.resolve({ kind: 'badge', id: 'svc-billing', scopes: ['kkp:issue'], attributes: {} });
  }
}

@Module({ providers: [Badges], exports: [Badges] })
class BadgeModule {}

@Module({
  imports: [
    ScheduleModule.forRoot(),
    KkpModule.forRootAsync({
      imports: [BadgeModule],
      inject: [Badges],
      useFactory: (badges: Badges) => ({
        backends: [memory({ name: 'dev', emulates: 'aws' })],
        callers: [badges],
      }),
    }),
  ],
})
export class AppModule {}
