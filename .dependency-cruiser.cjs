/** The borders of the architecture. Each rule names what it keeps apart and why. */
const feature =
  '^src/(access|backends|callers|config|data-keys|envelope|health|keys|oauth|policy|possession|quotas|revocation|store|tokens|server|cli)/';

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'No file calls back up.',
      severity: 'error',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'plugins-know-only-the-kit',
      comment: 'A plugin imports the kit and its own folder: never src, never another plugin.',
      severity: 'error',
      from: { path: '^plugins/(?!kit/)([^/]+)/src/' },
      to: { path: ['^src/', '^plugins/', '^sdk/', '^test/'], pathNot: ['^plugins/kit/', '^plugins/$1/'] },
    },
    {
      name: 'kit-knows-nobody',
      comment: 'The contract has no framework and no product in it.',
      severity: 'error',
      from: { path: '^plugins/kit/src/' },
      to: { path: ['^src/', '^sdk/', '^test/', '^plugins/(?!kit/)', 'node_modules/@nestjs/'] },
    },
    {
      name: 'src-imports-no-plugin',
      comment:
        'src reaches plugins by name, through the loader. The SDK is for the commands that call a server.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: ['^plugins/(?!kit/)', '^sdk/', '^test/', '^bench/'] },
    },
    {
      name: 'cli-calls-by-the-sdk',
      comment: 'The command line is a client like any other: it has the SDK by its package name.',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: ['^sdk/', '^test/', '^bench/'], dependencyTypesNot: ['aliased', 'npm'] },
    },
    {
      name: 'cli-imports-no-plugin',
      comment: 'Neither by a path nor by its package name.',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: '(^|/)plugins/(?!kit/)' },
    },
    {
      name: 'sdk-stands-alone',
      comment: 'The SDK has no Nest and nothing of the server.',
      severity: 'error',
      from: { path: '^sdk/kkp/ts/src/' },
      to: { path: ['^src/', '^plugins/', '^test/', 'node_modules/@nestjs/'] },
    },
    {
      name: 'features-meet-at-their-index',
      comment: 'A feature uses another by its index.ts, not by reaching into its files.',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: feature, pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$'] },
    },
    {
      name: 'the-composition-meets-features-at-their-index',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$' },
      to: { path: feature, pathNot: ['^src/[^/]+/index\\.ts$'] },
    },
    {
      name: 'the-library-needs-no-platform',
      comment: 'Fastify, pino and the command line belong to the server; a host may run on Express.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(server|cli)/|^src/main\\.ts$' },
      to: { path: 'node_modules/(fastify|@nestjs/platform-[a-z]+|pino|commander)/' },
    },
    {
      name: 'packages-import-what-they-declare',
      comment: 'What the root installs for itself is not there when a workspace is installed alone.',
      severity: 'error',
      from: { path: '^(plugins/[^/]+|sdk/kkp/ts)/src/' },
      to: {
        path: 'node_modules/',
        pathNot: 'node_modules/@types/node/',
        dependencyTypesNot: ['npm', 'npm-peer', 'npm-optional'],
      },
    },
    {
      name: 'plugins-name-the-kit',
      comment: 'A plugin reaches the kit by its package name, as one outside of this repository must.',
      severity: 'error',
      from: { path: '^plugins/(?!kit/)[^/]+/src/' },
      to: { path: '^plugins/kit/', dependencyTypes: ['local'], dependencyTypesNot: ['aliased'] },
    },
    {
      name: 'embedders-see-no-server',
      comment: 'The library does not load the HTTP server or the command line.',
      severity: 'error',
      from: { path: '^src/(index|kkp\\.module)\\.ts$' },
      to: { path: '^src/(server|cli)/|^src/main\\.ts$', reachable: true },
    },
    {
      name: 'not-to-dev-dependencies',
      comment: 'What ships does not import what only tests install.',
      severity: 'error',
      from: { path: '^(src|plugins/[^/]+/src|sdk/kkp/ts/src)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm-peer', 'type-only'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', 'dist'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.test.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
    },
  },
};
