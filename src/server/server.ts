import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { KmsPlugin } from 'kkp-plugin-kit';
import type { Logger } from 'pino';
import { collectDefaultMetrics } from 'prom-client';
import { ProblemFilter } from '../access/index.js';
import type { Settings } from '../config/index.js';
import type { KkpModuleOptions } from '../kkp.options.js';
import { KkpMetrics } from '../metrics.js';
import { takeBackWhatWasSealed, takeSmallForms } from './body-limits.js';
import { Connections } from './connections.js';
import { acceptForms } from './form-parser.js';
import { requireOneHost } from './hosts.js';
import { httpOptions } from './http-options.js';
import { acceptOnlyJson } from './json-parser.js';
import { refuseUnknownRoutes } from './methods.js';
import { observeRequests, requestObserver } from './observe.js';
import { refuseOtherOrigins } from './origins.js';
import { toKkpLog, toNestLogger } from './pino-log.js';
import type { ServerTls } from './server-tls.js';
import { ServerModule } from './server.module.js';

/** Builds the server without listening. A failing start has closed what it opened. */
export async function createServer(
  settings: Settings,
  backends: readonly KmsPlugin[],
  logger: Logger,
  overrides: Partial<KkpModuleOptions> = {},
  tls?: ServerTls,
): Promise<NestFastifyApplication> {
  const log = toKkpLog(logger);
  const connections = new Connections();
  const observer = requestObserver(() => app.get(KkpMetrics), log);
  const adapter = new FastifyAdapter(httpOptions(settings, connections, observer, tls));
  const fastify = adapter.getInstance();
  // Before the module's own hook: what is refused here is nobody's, and counts for no caller.
  requireOneHost(fastify);
  refuseOtherOrigins(fastify);
  const app = await NestFactory.create<NestFastifyApplication>(
    ServerModule.with({ ...moduleOptions(settings), backends, log, ...overrides }, connections),
    adapter,
    { logger: toNestLogger(logger), bodyParser: false, abortOnError: false },
  );
  const metrics = app.get(KkpMetrics);
  acceptOnlyJson(fastify);
  acceptForms(fastify);
  takeBackWhatWasSealed(fastify, settings.bodyLimit);
  takeSmallForms(fastify, settings.bodyLimit);
  observeRequests(fastify, metrics, log);
  refuseUnknownRoutes(fastify);
  connections.announce(fastify);
  app.useGlobalFilters(app.get(ProblemFilter));
  try {
    await app.init();
    await fastify.ready();
  } catch (error) {
    await app.close().catch((failure: unknown) => log('error', 'not closed', { error: failure }));
    throw error;
  }
  collectDefaultMetrics({ register: metrics.registry });
  return app;
}

/** The server's settings in the words of the module. */
const moduleOptions = (settings: Settings): Omit<KkpModuleOptions, 'backends'> => ({
  ...(settings.publicUrl === undefined ? {} : { publicUrl: settings.publicUrl }),
  allowAnonymous: settings.allowAnonymous,
  dpop: { maxProofs: settings.dpopMaxProofs },
  policy: {
    ...(settings.policyPath === undefined ? {} : { path: settings.policyPath }),
    maxInputBytes: settings.policyMaxInput,
    maxMemoryBytes: settings.policyMaxMemory,
  },
  tokens: {
    ttlSeconds: settings.tokenTtl,
    ...(settings.tokenMaxTtl === undefined ? {} : { maxTtlSeconds: settings.tokenMaxTtl }),
    ...(settings.tokenIssuer === undefined ? {} : { issuer: settings.tokenIssuer }),
    typ: settings.tokenTyp,
  },
  keys: {
    ttlSeconds: settings.keyTtl,
    rotationSeconds: settings.keyRotation,
    maxActive: settings.maxActiveKeys,
  },
  kms: {
    callTimeoutMs: settings.kmsTimeout,
    concurrency: settings.kmsConcurrency,
    queue: settings.kmsQueue,
    retries: settings.kmsRetries,
    retryPercent: settings.kmsRetryPercent,
    breakerFailures: settings.kmsBreakerFailures,
    breakerOpenMs: settings.kmsBreakerOpen,
  },
  quotas: {
    requestsPerMinute: settings.callerRequests,
    tokensPerMinute: settings.callerTokens,
    decryptsPerMinute: settings.callerDecrypts,
    refusedCredentialsPerMinute: settings.refusedCredentials,
  },
  revocation: { listTtlSeconds: settings.revocationListTtl, maxRules: settings.maxRevocations },
  ...(settings.dataDir === undefined || settings.sealKeyFile === undefined
    ? {}
    : { store: { dataDir: settings.dataDir, sealKeyFile: settings.sealKeyFile } }),
  ...(settings.dataKeyMaxAge === undefined
    ? {}
    : {
        dataKeyCache: {
          maxAgeSeconds: settings.dataKeyMaxAge,
          maxUses: settings.dataKeyMaxUses,
          maxBytes: settings.dataKeyMaxBytes,
          maxEntries: settings.dataKeyMaxEntries,
        },
      }),
});
