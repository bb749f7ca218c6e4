import { Module, type DynamicModule } from '@nestjs/common';
import { ASYNC_OPTIONS_TYPE, ConfigurableModuleClass, OPTIONS_TYPE } from './kkp.module-definition.js';
import { EXPORTS, PROVIDERS } from './kkp.providers.js';

/**
 * KKP as a module. Nothing in it is global: guards and filters sit on its own controllers, options and metrics are its
 * own, and several modules with different options can live in one application.
 *
 * @example
 * KkpModule.forRoot({ backends: [memory({ name: 'dev', emulates: 'aws' })], path: 'security/kkp' })
 */
@Module({ providers: PROVIDERS, exports: EXPORTS })
export class KkpModule extends ConfigurableModuleClass {
  /** With the options at hand, every backend is injectable by its name. */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    return super.forRoot({ expose: options.backends.map(({ name }) => name), ...options });
  }

  /** With options from a factory, `expose` names the backends to be injected one by one. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return super.forRootAsync(options);
  }
}
