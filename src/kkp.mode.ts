import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { CallerAuthentication } from './callers/index.js';
import { ConfigError } from './config-error.js';
import { KKP_OPTIONS, SERVES_HTTP, type KkpModuleOptions } from './kkp.options.js';
import { KKP_LOG, type KkpLog } from './log.js';
import { anonymousFault, isProduction, memoryFault } from './production.js';

const PLACES = { callers: 'the option callers', allowAnonymous: 'allowAnonymous: true' };

/**
 * Refuses to start in production what must not be there, and tells everywhere else that callers are anonymous. A module
 * without routes has no callers but the application's own code.
 */
@Injectable()
export class KkpMode implements OnApplicationBootstrap {
  private readonly isOpen: boolean;

  /** @throws ConfigError */
  constructor(
    @Inject(KKP_OPTIONS) { allowAnonymous, backends }: KkpModuleOptions,
    @Inject(CallerAuthentication) callers: CallerAuthentication,
    @Inject(SERVES_HTTP) servesHttp: boolean,
    @Inject(KKP_LOG) private readonly log: KkpLog,
  ) {
    this.isOpen = servesHttp && !callers.isOn;
    if (!isProduction()) return;
    const faults = [
      ...(this.isOpen && allowAnonymous !== true ? [anonymousFault(PLACES)] : []),
      ...backends.flatMap(({ kind }, index) =>
        kind === 'memory' ? [memoryFault(`backends[${index}]`)] : [],
      ),
    ];
    if (faults.length > 0) throw new ConfigError(faults);
  }

  onApplicationBootstrap(): void {
    if (!this.isOpen) return;
    this.log(
      'warn',
      'CALLERS ARE NOT AUTHENTICATED: whoever reaches this address can mint tokens, encrypt and rotate keys. ' +
        'Listen on loopback, or put an authenticating proxy in front.',
    );
  }
}
