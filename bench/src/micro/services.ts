import 'reflect-metadata';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { KmsPlugin } from 'kkp-plugin-kit';
import memory from 'kkp-plugin-memory';
import { EnvelopeService } from '../../../dist/envelope/index.js';
import { Kkp, KkpModule, PolicyHolder, SigningKeys, TokenVerifier } from '../../../dist/index.js';
import { TokenIssuer } from '../../../dist/tokens/index.js';

/** The built services, wired as an application that embeds KKP has them, with the default policy and no log. */
export interface Services {
  readonly app: INestApplicationContext;
  readonly kkp: Kkp;
  readonly issuer: TokenIssuer;
  readonly verifier: TokenVerifier;
  readonly keys: SigningKeys;
  readonly policy: PolicyHolder;
  readonly envelopes: EnvelopeService;
}

const emulations = (): KmsPlugin[] =>
  (['aws', 'gcp', 'azure'] as const).map((name) => memory({ name, emulates: name }));

export async function startServices(backends: readonly KmsPlugin[] = emulations()): Promise<Services> {
  const module = KkpModule.forRoot({
    backends,
    http: false,
    keys: { scheduled: false },
    log: () => undefined,
  });
  const app = await NestFactory.createApplicationContext(module, { logger: false });
  const within = { strict: false };
  return {
    app,
    kkp: app.get(Kkp, within),
    issuer: app.get(TokenIssuer, within),
    verifier: app.get(TokenVerifier, within),
    keys: app.get(SigningKeys, within),
    policy: app.get(PolicyHolder, within),
    envelopes: app.get(EnvelopeService, within),
  };
}
