/** As much of oidc-provider, which brings no types, as the tests use. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface Configuration {
    readonly clients: readonly object[];
    readonly features: {
      readonly resourceIndicators: {
        readonly enabled: true;
        readonly getResourceServerInfo: (context: unknown, resource: string) => object;
      };
      readonly [feature: string]: object;
    };
  }

  export default class Provider {
    constructor(issuer: string, configuration: Configuration);
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  }
}
