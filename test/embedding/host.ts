import {
  Body,
  Controller,
  Get,
  Injectable,
  Module,
  Post,
  ValidationPipe,
  type CanActivate,
  type INestApplication,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Interval, ScheduleModule } from '@nestjs/schedule';

/** A job of the host: KKP must not make it run twice. */
@Injectable()
export class HostJob {
  ticks = 0;

  @Interval(20)
  tick(): void {
    this.ticks += 1;
  }
}

@Controller('host')
export class HostController {
  @Get('open')
  open(): string {
    return 'open';
  }

  @Get('broken')
  broken(): never {
    throw new Error('the host’s own failure');
  }

  @Post('echo')
  echo(@Body() body: unknown): unknown {
    return body;
  }
}

export const PLATFORMS = [
  ['Fastify', () => new FastifyAdapter()],
  ['Express', () => new ExpressAdapter()],
] as const;

/** Somebody's Nest application, with routes, a pipe and a job of its own, and whatever modules it imports. */
export async function startHost(
  platform: () => FastifyAdapter | ExpressAdapter,
  imports: NonNullable<ModuleMetadata['imports']>,
  providers: Type<unknown>[] = [],
  guards: CanActivate[] = [],
): Promise<{ app: INestApplication; url: string }> {
  @Module({ imports, controllers: [HostController], providers: [HostJob, ...providers] })
  class HostModule {}
  const app = await NestFactory.create(HostModule, platform() as ExpressAdapter, {
    logger: false,
    abortOnError: false,
  });
  app.useGlobalGuards(...guards);
  app.useGlobalPipes(new ValidationPipe({ transform: true }));
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl() };
}

export const schedule = () => ScheduleModule.forRoot();
