export { GrantToken } from './grant-token.js';
export { OAuthMetadataController } from './metadata.controller.js';
export { OAuthMetadata, type MetadataOptions } from './metadata.js';
export { FORM_TYPE } from './oauth-face.js';
export { OAuthController } from './oauth.controller.js';
export { RevokeToken } from './revoke-token.js';
export { SubjectTokens } from './subject-tokens.js';
