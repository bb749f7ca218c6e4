import { jest } from '@jest/globals';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { KeyRotation, RotationSchedule } from '../../../src/keys/index.js';

class CountedRotation extends KeyRotation {
  ticks = 0;

  override tick(): Promise<void> {
    this.ticks += 1;
    return Promise.resolve();
  }
}

const counted = () => new CountedRotation(undefined as never, () => undefined);

async function application(rotations: Record<string, KeyRotation>, withSchedule = true) {
  const module = await Test.createTestingModule({
    imports: withSchedule ? [ScheduleModule.forRoot()] : [],
    providers: Object.entries(rotations).map(([name, rotation]) => ({
      provide: name,
      inject: [{ token: SchedulerRegistry, optional: true }],
      useFactory: (registry: SchedulerRegistry | undefined) =>
        new RotationSchedule(rotation, 900, name, registry),
    })),
  }).compile();
  return module.createNestApplication({ logger: false });
}

beforeEach(() =>
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'setTimeout'] }),
);
afterEach(() => jest.useRealTimers());

describe('the schedule of rotations', () => {
  it('ticks every ten seconds among the jobs of the application', async () => {
    const rotation = counted();
    const app = await application({ 'kkp-rotation': rotation });
    await app.init();
    expect(app.get(SchedulerRegistry).getIntervals()).toEqual(['kkp-rotation']);
    jest.advanceTimersByTime(60_000);
    expect(rotation.ticks).toBe(6);
    await app.close();
  });

  it('stops when the application closes', async () => {
    const rotation = counted();
    const app = await application({ 'kkp-rotation': rotation });
    await app.init();
    await app.close();
    jest.advanceTimersByTime(60_000);
    expect(rotation.ticks).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('has nothing to stop, and nothing to complain of, when the schedule module was first', async () => {
    const app = await application({ 'kkp-rotation': counted() });
    await app.init();
    app.get(SchedulerRegistry).deleteInterval('kkp-rotation');
    // Asked directly: Nest catches what its shutdown hooks throw.
    const schedule = app.get<RotationSchedule>('kkp-rotation');
    expect(() => schedule.beforeApplicationShutdown()).not.toThrow();
    await app.close();
  });

  it('keeps two modules apart', async () => {
    const [one, two] = [counted(), counted()];
    const app = await application({ one, two });
    await app.init();
    jest.advanceTimersByTime(10_000);
    expect([one.ticks, two.ticks]).toEqual([1, 1]);
    await app.close();
  });

  it('says what to import where there is no schedule module', async () => {
    const built = application({ 'kkp-rotation': counted() }, false);
    await expect(built).rejects.toThrow('Import ScheduleModule.forRoot() from @nestjs/schedule');
  });
});
