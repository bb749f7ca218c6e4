import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { KkpModule } from 'keyless-kms-proxy';
import memory from 'kkp-plugin-memory';

@Module({
  imports: [
    ScheduleModule.forRoot(),
    KkpModule.forRoot({ backends: [memory({ name: 'dev', emulates: 'aws' })], path: 'security/kkp' }),
  ],
})
export class AppModule {}
