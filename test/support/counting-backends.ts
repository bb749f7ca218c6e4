import type { KmsPlugin } from 'kkp-plugin-kit';
import { alteredPlugin } from './altered-plugin.js';

const CALLED = ['wrapKey', 'unwrapKey', 'describeKey', 'generateDataKey', 'rewrap'] as const;

/** Backends that count whatever they are asked for about a key. */
export class CountedCalls {
  count = 0;

  readonly backends: readonly KmsPlugin[];

  constructor(plugins: readonly KmsPlugin[]) {
    this.backends = plugins.map((plugin) =>
      alteredPlugin(plugin, (backend) =>
        Object.fromEntries(
          CALLED.flatMap((name) => {
            const method = backend[name]?.bind(backend) as ((...values: unknown[]) => unknown) | undefined;
            if (!method) return [];
            const counted = (...values: unknown[]) => {
              this.count += 1;
              return method(...values);
            };
            return [[name, counted]];
          }),
        ),
      ),
    );
  }
}
