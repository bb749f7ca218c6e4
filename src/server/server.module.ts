import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { HealthController, ReadinessCheck } from '../health/index.js';
import { KkpModule } from '../kkp.module.js';
import type { KkpModuleOptions } from '../kkp.options.js';
import { Connections } from './connections.js';
import { OpenApiController } from './openapi.js';

/** KKP as a server: the module that anybody can embed, with a scheduler, health, metrics and its own description. */
@Module({})
export class ServerModule {
  static with(options: KkpModuleOptions, connections: Connections): DynamicModule {
    return {
      module: ServerModule,
      imports: [ScheduleModule.forRoot(), KkpModule.forRoot(options)],
      controllers: [HealthController, OpenApiController],
      providers: [ReadinessCheck, { provide: Connections, useValue: connections }],
    };
  }
}
