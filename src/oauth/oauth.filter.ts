import { Catch, Injectable } from '@nestjs/common';
import { ProblemFilter } from '../access/index.js';
import { OAUTH, OAUTH_REVOCATION } from './oauth-face.js';

/** Answers as OAuth does, also where the platform does not say which route a request was for. */
@Catch()
@Injectable()
export class OAuthFilter extends ProblemFilter {
  protected override readonly face = OAUTH;
}

@Catch()
@Injectable()
export class OAuthRevocationFilter extends ProblemFilter {
  protected override readonly face = OAUTH_REVOCATION;
}
