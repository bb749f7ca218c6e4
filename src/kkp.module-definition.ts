import { ConfigurableModuleBuilder } from '@nestjs/common';
import { MODULE_ID } from './access/index.js';
import { controllersUnder } from './kkp.controllers.js';
import { KKP_OPTIONS, SERVES_HTTP, type KkpModuleOptions } from './kkp.options.js';
import { backendProviders } from './kkp.providers.js';

/** What shapes the module itself, and so must be known before any factory runs. */
interface KkpModuleExtras {
  /** False: no controllers; the host uses the injected services. Default true. */
  readonly http?: boolean;
  /** Where KKP's routes live in the host, for example `security/kkp`. Default: the root. */
  readonly path?: string;
  /** Default false. */
  readonly isGlobal?: boolean;
  /** With `forRootAsync`: names of the backends to be injected by `@InjectKmsBackend(name)`. */
  readonly expose?: readonly string[];
}

export const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<KkpModuleOptions>({ optionsInjectionToken: KKP_OPTIONS })
    .setClassMethodName('forRoot')
    .setExtras<KkpModuleExtras>(
      {},
      (definition, { http = true, path = '', isGlobal = false, expose = [] }) => {
        const exposed = backendProviders(expose);
        const moduleId = Symbol('KkpModule');
        return {
          ...definition,
          global: isGlobal,
          controllers: http ? controllersUnder(path, moduleId) : [],
          providers: [
            ...(definition.providers ?? []),
            { provide: MODULE_ID, useValue: moduleId },
            { provide: SERVES_HTTP, useValue: http },
            ...exposed,
          ],
          exports: [...(definition.exports ?? []), ...exposed],
        };
      },
    )
    .build();
