import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { BackendRegistry } from './backends/index.js';
import { CallerAuthentication } from './callers/index.js';
import type { DataKeySource } from './envelope/index.js';
import { SigningKeys } from './keys/index.js';
import { DATA_KEYS, KKP_CLOCK, KKP_STORE } from './kkp.options.js';
import { unixSeconds, type Clock } from './clock.js';
import { KkpMetrics } from './metrics.js';
import { Revocations } from './revocation/index.js';
import type { Store } from './store/index.js';

/**
 * Opens the backends before the first request and closes them after the last. Requests may still be running when
 * Nest destroys modules, so closing waits for `onApplicationShutdown`.
 */
@Injectable()
export class KkpLifecycle implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(BackendRegistry) private readonly registry: BackendRegistry,
    @Inject(SigningKeys) private readonly keys: SigningKeys,
    @Inject(KkpMetrics) private readonly metrics: KkpMetrics,
    @Inject(KKP_CLOCK) private readonly clock: Clock,
    @Inject(DATA_KEYS) private readonly dataKeys: DataKeySource,
    @Inject(CallerAuthentication) private readonly callers: CallerAuthentication,
    @Inject(KKP_STORE) private readonly store: Store,
    @Inject(Revocations) private readonly revocations: Revocations,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.registry.open();
    try {
      await this.store.open();
      await this.keys.start();
      await this.revocations.start();
    } catch (error) {
      await this.store.close();
      await this.registry.close();
      throw error;
    }
    this.metrics.kms.watch(() => this.registry.status());
    this.metrics.watchCallerKeys(() =>
      this.callers.issuerKeys.map((keys) => ({ issuer: keys.issuer, ...keys.status() })),
    );
    this.metrics.watchKeys(() => {
      const now = unixSeconds(this.clock);
      return this.keys.status().keys.map((key) => ({ state: key.state, ageSeconds: now - key.createdAt }));
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.dataKeys.close();
    await this.callers.close();
    await this.store.close();
    await this.registry.close();
  }
}
