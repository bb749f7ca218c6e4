import { ConfigError, type AuthenticatedCaller, type AuthenticatorFactory } from 'keyless-kms-proxy';

/** The default export of the package `kkp-authenticator-badge`. */
const badge: AuthenticatorFactory = ({ header, ...others }) => {
  const faults = Object.keys(others).map((name) => `${name}: is unknown; allowed is header.`);
  if (typeof header !== 'string') faults.push('header: must be the name of a header.');
  if (faults.length > 0) throw new ConfigError(faults);
  const name = String(header).toLowerCase();
  return {
    credentialHeaders: [name],
    authenticate: ({ headers }) => {
      const id = headers[name];
      const caller: AuthenticatedCaller | undefined =
        typeof id === 'string' ? { kind: 'badge', id, scopes: [], attributes: {} } : undefined;
      return Promise.resolve(caller);
    },
  };
};

export default badge;
