import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ConfigError, productionWarnings, type Settings } from '../config/index.js';
import { ReadinessCheck } from '../health/index.js';
import { PolicyHolder } from '../policy/index.js';
import { isProduction } from '../production.js';
import { Connections } from './connections.js';
import { createPino } from './pino-log.js';
import { prepareStart } from './prepare-start.js';
import { createServer } from './server.js';
import type { ServerTls } from './server-tls.js';

type Application = Awaited<ReturnType<typeof createServer>>;

/** Starts the server that `env` describes, and stays until SIGTERM or SIGINT. */
export async function run(env: NodeJS.ProcessEnv, process: NodeJS.Process): Promise<void> {
  try {
    const { settings, backends, callers, tls } = await prepareStart(env);
    const logger = createPino(settings.logLevel);
    const app = await createServer(settings, backends, logger, { callers }, tls);
    stopOnSignal(app, settings, logger, process);
    process.on('SIGHUP', () => void reload(app, logger, tls));
    await listen(app, settings, logger);
    if (isProduction(env)) for (const text of productionWarnings(settings)) logger.warn(text);
  } catch (error) {
    process.stderr.write(`kkp: ${startFailure(error)}\n`);
    process.exitCode = 1;
  }
}

async function listen(
  app: Application,
  { listen: { host, port }, backends, callers, tlsCertFile }: Settings,
  logger: Logger,
): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    await close(app, logger);
    throw new ConfigError([
      `KKP_LISTEN_ADDR: the address cannot be used (${String((error as NodeJS.ErrnoException).code)}).`,
    ]);
  }
  const address = await app.getUrl();
  logger.info(
    {
      address: tlsCertFile === undefined ? address : address.replace(/^http:/, 'https:'),
      backends: backends.map(({ name }) => name),
      callers: callers.map(({ kind }) => kind),
      policy_revision: app.get(PolicyHolder).current.revision,
    },
    'listening',
  );
}

function stopOnSignal(app: Application, settings: Settings, logger: Logger, process: NodeJS.Process): void {
  const stop = (signal: NodeJS.Signals): void => {
    process.off('SIGTERM', stop).off('SIGINT', stop);
    logger.info({ signal }, 'stopping');
    void shutDown(app, settings, logger, process);
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
}

/** Tells balancers and clients first, so that they send their next request elsewhere, and then closes. */
async function shutDown(
  app: Application,
  { drainTime, shutdownTimeout }: Settings,
  logger: Logger,
  process: NodeJS.Process,
): Promise<void> {
  app.get(ReadinessCheck).beginToEnd();
  app.get(Connections).beginToEnd();
  await wait(drainTime);
  const limit = setTimeout(() => {
    logger.error('running requests did not finish in time');
    process.exit(1);
  }, shutdownTimeout).unref();
  const closed = await close(app, logger);
  clearTimeout(limit);
  if (closed) logger.info('stopped');
  else process.exitCode = 1;
}

async function close(app: Application, logger: Logger): Promise<boolean> {
  try {
    await app.close();
    return true;
  } catch (error) {
    logger.error({ error }, 'not closed');
    return false;
  }
}

async function reload(app: Application, logger: Logger, tls: ServerTls | undefined): Promise<void> {
  if (tls) reloadTls(tls, logger);
  await reloadPolicy(app, logger);
}

function reloadTls(tls: ServerTls, logger: Logger): void {
  try {
    tls.reload();
    logger.info('certificates reloaded');
  } catch (error) {
    logger.error({ error }, 'certificates not reloaded, the old ones go on');
  }
}

/** A policy that does not load leaves the old one serving. */
async function reloadPolicy(app: Application, logger: Logger): Promise<void> {
  const policy = app.get(PolicyHolder);
  try {
    await policy.reload();
    logger.info({ policy_revision: policy.current.revision }, 'policy reloaded');
  } catch (error) {
    logger.error(
      { error, policy_revision: policy.current.revision },
      'policy not reloaded, the old one goes on',
    );
  }
}

/** Errors whose message says it all. Of any other one, the place in the code is what helps. */
const EXPECTED = ['Error', 'ConfigError', 'KkpError', 'KmsError', 'PolicyLoadError'];

function startFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'the start failed for an unknown reason';
  return EXPECTED.includes(error.name) ? error.message : (error.stack ?? error.message);
}
