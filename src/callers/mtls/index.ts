export { mtls, type MtlsOptions } from './mtls.js';
export { certificateThumbprint } from './thumbprint.js';
