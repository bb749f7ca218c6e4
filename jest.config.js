/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  // Generous: several tests start real processes, and machines are slow at times.
  testTimeout: 60_000,
  // Many tests wait for processes and sockets: one worker a core, none kept free.
  maxWorkers: '100%',
  roots: ['<rootDir>/test', '<rootDir>/plugins', '<rootDir>/sdk/kkp/ts'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '<rootDir>/plugins/kit/template/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  setupFiles: ['reflect-metadata'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        sourceMaps: 'inline',
        module: { type: 'nodenext' },
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          experimental: { keepImportAttributes: true },
        },
      },
    ],
    '/node_modules/cookie/.+\\.js$': ['@swc/jest', { module: { type: 'nodenext' } }],
  },
  transformIgnorePatterns: ['/node_modules/(?!cookie/)'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^kkp-plugin-aws$': '<rootDir>/plugins/aws/src/index.ts',
    '^kkp-plugin-azure$': '<rootDir>/plugins/azure/src/index.ts',
    '^kkp-plugin-gcp$': '<rootDir>/plugins/gcp/src/index.ts',
    '^kkp-plugin-kit$': '<rootDir>/plugins/kit/src/index.ts',
    '^kkp-plugin-kit/testkit$': '<rootDir>/plugins/kit/src/testkit/index.ts',
    '^kkp-plugin-local$': '<rootDir>/plugins/local/src/index.ts',
    '^kkp-plugin-memory$': '<rootDir>/plugins/memory/src/index.ts',
    '^kkp-plugin-pkcs11$': '<rootDir>/plugins/pkcs11/src/index.ts',
    '^kkp-plugin-vault$': '<rootDir>/plugins/vault/src/index.ts',
    '^keyless-kms-proxy$': '<rootDir>/src/index.ts',
    '^kkp-sdk$': '<rootDir>/sdk/kkp/ts/src/index.ts',
  },
};
