import type { Asker, Operation, Permit, Prepared } from '../access/index.js';
import type { BackendRegistry } from '../backends/index.js';
import { isAuthenticated, type JwtSubject } from '../callers/index.js';
import { unixSeconds, type Clock } from '../clock.js';
import { KkpError } from '../errors.js';
import type { ExchangeTokenInput } from '../policy/index.js';
import type { TokenClaims, TokenIssuer, TokenRequest } from '../tokens/index.js';
import { askedOf, type Asked } from './asked.js';
import { confirmationOf } from './confirmation.js';
import { delegated, narrowed, required } from './derive.js';
import { checkExchange } from './exchange-form.js';
import { granted, type Grant } from './granted.js';
import { GrantForm, GRANTS, type GrantedDto } from './oauth.dto.js';
import type { Party } from './party.js';
import type { SubjectTokens } from './subject-tokens.js';

/** The token endpoint: a token for the client itself (RFC 6749 section 4.4), or in exchange for another (RFC 8693). */
export class GrantToken implements Operation<GrantForm, Grant, GrantedDto> {
  readonly body = GrantForm;
  /** A workload may come with nothing but the JWT that it exchanges; everybody else is missed in `prepare`. */
  readonly tokenIsEnough = 'in header or body';

  constructor(
    private readonly issuer: TokenIssuer,
    private readonly backends: BackendRegistry,
    private readonly subjects: SubjectTokens,
    private readonly isOurs: (resource: string) => boolean,
    private readonly clock: Clock,
  ) {}

  prepare(form: GrantForm, asker: Asker): Prepared<Grant> | Promise<Prepared<Grant>> {
    const { grant_type, resource } = form;
    if (resource !== undefined && !this.isOurs(resource)) {
      throw new KkpError('invalid_target', 'The resource must be the public URL of this KKP.');
    }
    const asked = askedOf(form, confirmationOf(asker));
    if (grant_type === GRANTS.clientCredentials) return this.grant(form, asked, asker);
    if (grant_type === GRANTS.exchange) return this.exchange(form, asked, asker);
    throw new KkpError('unsupported_grant_type', `The grants are ${Object.values(GRANTS).join(' and ')}.`);
  }

  async perform({ work, decision }: Permit<Grant>): Promise<GrantedDto> {
    return granted(work, await this.issuer.sign(work.claims, decision));
  }

  /** As `POST /token` for the caller itself. */
  private grant(form: GrantForm, asked: Asked, asker: Asker): Prepared<Grant> {
    const { id: subject } = partyOf(asker, form);
    const { key, ...rest } = required(asked);
    const claims = this.claimsOf({ subject, ...key, ...rest }, subject);
    const { caller } = asker;
    return { input: { action: 'issue_token', claims, request: { context: {} }, caller }, work: { claims } };
  }

  private async exchange(form: GrantForm, asked: Asked, asker: Asker): Promise<Prepared<Grant>> {
    const { token, issuedType } = checkExchange(form);
    // A JWT says whose it is, and may come alone. Of a KKP token whoever has it could be anybody.
    const party =
      asker.caller.kind === 'none' && !this.subjects.isOwn(token) ? undefined : partyOf(asker, form);
    const subject = await this.subjects.judge(token, asker);
    if (subject.kind === 'jwt') return this.delegate(subject.jwt, party, issuedType, form, asked, asker);
    if (!party) throw nobody();
    const claims = this.claimsOf(narrowed(subject.claims, asked, party, unixSeconds(this.clock)), party.id);
    return ask(
      { action: 'exchange_token', claims, subject, request: { context: {} }, caller: asker.caller },
      issuedType,
    );
  }

  private delegate(
    jwt: JwtSubject,
    party: Party | undefined,
    issuedType: string,
    form: GrantForm,
    asked: Asked,
    asker: Asker,
  ): Prepared<Grant> {
    const { caller: subject } = jwt;
    const isAlone = party === undefined;
    if (isAlone && form.client_id !== undefined && form.client_id !== subject.id) {
      throw new KkpError(
        'unauthenticated',
        'The client_id is not the subject of the token, and no credential was sent.',
      );
    }
    const claims = this.claimsOf(delegated(jwt, asked, party, unixSeconds(this.clock)), party?.id);
    const caller = isAlone ? subject : asker.caller;
    const prepared = ask(
      { action: 'exchange_token', claims, subject, request: { context: {} }, caller },
      issuedType,
    );
    return isAlone ? { ...prepared, caller: subject } : prepared;
  }

  private claimsOf(request: TokenRequest, client: string | undefined): TokenClaims {
    // A token for a backend that is not there could never open anything.
    this.backends.get(request.backend);
    return this.issuer.buildClaims(request, client);
  }
}

const ask = (input: ExchangeTokenInput & { claims: TokenClaims }, issuedType: string): Prepared<Grant> => ({
  input,
  work: { claims: input.claims, issuedType },
});

/** Who asks. Anonymous callers, of development, say a name that nobody checks. @throws KkpError `unauthenticated` */
function partyOf({ caller }: Asker, { client_id: name }: GrantForm): Party {
  if (isAuthenticated(caller)) {
    const { id, issuer } = caller;
    return { id, ...(issuer !== undefined && { issuer }) };
  }
  if (caller.kind === 'none') throw nobody();
  if (name !== undefined) return { id: name };
  throw new KkpError('invalid_request', 'Send the parameter client_id: callers are anonymous here.');
}

const nobody = (): KkpError =>
  new KkpError('unauthenticated', 'Say who you are: the request carries no credential.');
