// What stands in for each key service. Each command starts its peer on loopback, runs jest with the arguments that follow,
// and stops the peer by its pid.

const jest = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
];

export const FAKES = {
  id: 'fakes',
  name: 'fakes at the wire, and plugins that need no service',
  command: [...jest, '--testPathPatterns', 'plugins/[a-z0-9]+/test/contract\\.test\\.ts'],
};

const inAws = (peer) => ['plugins/aws/test/real/with-peer.mjs', peer];

export const PEERS = [
  { id: 'aws-moto', plugin: 'aws', name: 'moto 5.2.5', command: inAws('moto') },
  { id: 'aws-localstack', plugin: 'aws', name: 'LocalStack 4.14.0', command: inAws('localstack') },
  {
    id: 'pkcs11-softhsm',
    plugin: 'pkcs11',
    name: 'SoftHSM 2.6.1',
    command: ['plugins/pkcs11/test/real/run.mjs'],
  },
  { id: 'vault-real', plugin: 'vault', name: 'Vault 1.21.4', command: ['plugins/vault/test/real/run.mjs'] },
];
