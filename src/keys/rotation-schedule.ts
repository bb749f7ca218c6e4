import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { SchedulerRegistry } from '@nestjs/schedule';
import { tickMilliseconds, type KeyRotation } from './rotation.js';

/**
 * Puts the rotation on the schedule of the application, among its own jobs. KKP never imports `ScheduleModule.forRoot()`
 * itself: a second one fires every job of the host twice.
 */
export class RotationSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly registry: SchedulerRegistry;

  /**
   * @param name unique in the application: two KKP modules rotate side by side
   * @param registry undefined when the application has no ScheduleModule
   */
  constructor(
    private readonly rotation: KeyRotation,
    private readonly rotationSeconds: number,
    private readonly name: string,
    registry: SchedulerRegistry | undefined,
  ) {
    // Here and not in a hook: nothing has been opened yet that would have to be closed again.
    if (!registry) {
      throw new Error(
        'KKP rotates its signing keys on a schedule and finds no ScheduleModule. Import ScheduleModule.forRoot() from ' +
          '@nestjs/schedule in the root module of the application, or switch scheduled rotation off.',
      );
    }
    this.registry = registry;
  }

  onApplicationBootstrap(): void {
    const interval = setInterval(() => void this.rotation.tick(), tickMilliseconds(this.rotationSeconds));
    this.registry.addInterval(this.name, interval);
  }

  beforeApplicationShutdown(): void {
    // The schedule module stops its jobs in the same hook and may have been first.
    if (this.registry.doesExist('interval', this.name)) this.registry.deleteInterval(this.name);
  }
}
