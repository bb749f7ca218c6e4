import { parseArgs } from 'node:util';
import { bodyPairs } from './micro/body-pairs.js';
import { envelopePairs } from './micro/envelope-pairs.js';
import { measure } from './micro/measure.js';
import { policyPairs } from './micro/policy-pairs.js';
import { startServices } from './micro/services.js';
import { streamPairs } from './micro/stream-pairs.js';
import { tokenPairs } from './micro/token-pairs.js';
import { digits, machine, markdown } from './tables.js';

const print = (text: string): boolean => process.stdout.write(`${text}\n`);

const { values } = parseArgs({ options: { smoke: { type: 'boolean', default: false } } });
const extent = values.smoke ? { rounds: 1, milliseconds: 10 } : { rounds: 3, milliseconds: 400 };

const services = await startServices();
try {
  const pairs = [
    ...(await tokenPairs(services)),
    ...policyPairs(services),
    ...(await envelopePairs(services)),
    ...(await bodyPairs(services)),
    ...(await streamPairs()),
  ];
  print(`${machine()}\n`);
  const rows = (await measure(pairs, extent)).map(({ pair, micros, floorMicros }) => [
    pair.name,
    digits(micros, 1),
    digits(floorMicros, 1),
    digits(micros / floorMicros, 1),
    pair.floor,
  ]);
  print(markdown(['what', 'KKP, us', 'floor, us', 'KKP / floor', 'floor'], rows));
  print(`\nMedians of ${extent.rounds} x ${extent.milliseconds} ms each, one call at a time.`);
} finally {
  await services.app.close();
}
