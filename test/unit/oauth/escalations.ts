import { isDeepStrictEqual } from 'node:util';
import type { JwtSubject } from '../../../src/callers/index.js';
import type { TokenClaims } from '../../../src/tokens/index.js';
import { MAX_TTL, type Link } from './chains.js';

type Named = readonly [sub: string, iss: string | undefined];

/** Who acts, outermost first: written down here once more, as anybody would read it. */
function actorsIn(act: unknown): Named[] {
  const names: Named[] = [];
  for (let at = act as { sub: string; iss?: string; act?: unknown } | undefined; at; at = at.act as typeof at)
    names.push([at.sub, at.iss]);
  return names;
}

const isJwt = (parent: Link['parent']): parent is JwtSubject => 'expiresAt' in parent;

const usesIn = ({ ops }: TokenClaims): readonly string[] => ops ?? ['decrypt', 'rewrap'];
const startOf = ({ iat, nbf }: TokenClaims): number => Math.max(iat, nbf ?? iat);

/** In which ways a token says more than what it was made from, or hides who is behind it; none, if all is well. */
export function escalations({ parent, child, party }: Link): string[] {
  const before = isJwt(parent) ? rightsOfJwt(parent) : rightsOfToken(parent);
  const actors = actorsIn(child.act);
  const caller: Named | undefined = party && [party.id, party.issuer];
  const added = actors.length - before.actors.length;
  const faults: Record<string, boolean> = {
    'another subject': child.sub !== before.sub,
    'a later end': child.exp > before.end,
    'an earlier beginning': startOf(child) < before.start,
    'too long a life': child.exp - child.iat > MAX_TTL,
    'no life': child.exp <= startOf(child),
    'no issuer': child.iss !== 'https://kkp.example',
    'an actor lost': added < 0 || !isDeepStrictEqual(actors.slice(added), before.actors),
    'more than one actor added': added > 1,
    'an actor that nobody is': added === 1 && !isDeepStrictEqual(actors[0], caller),
    // Whoever uses the token is the outermost actor, or the subject itself.
    'an actor hidden': caller !== undefined && added === 0 && !before.isHolder(caller),
    'too long a chain': actors.length > 4,
    ...before.also(child),
  };
  return Object.keys(faults).filter((name) => faults[name]);
}

const rightsOfToken = (parent: TokenClaims) => {
  const actors = actorsIn(parent.act);
  return {
    sub: parent.sub,
    end: parent.exp,
    start: startOf(parent),
    actors,
    isHolder: (caller: Named) =>
      actors[0] ? isDeepStrictEqual(actors[0], caller) : caller[0] === parent.sub,
    also: (child: TokenClaims) => ({
      'another audience': child.aud !== parent.aud,
      'another key': child.backend !== parent.backend || child.key_id !== parent.key_id,
      'other conditions': !isDeepStrictEqual(child.policy_claims, parent.policy_claims),
      'more uses': !usesIn(child).every((use) => usesIn(parent).includes(use)),
      'another binding': parent.cnf !== undefined && !isDeepStrictEqual(child.cnf, parent.cnf),
    }),
  };
};

const rightsOfJwt = (parent: JwtSubject) => {
  const actors = actorsIn(parent.act);
  const { id, issuer } = parent.caller;
  const itself: Named = [id, issuer];
  return {
    sub: id,
    end: parent.expiresAt,
    start: parent.notBefore ?? 0,
    actors,
    isHolder: (caller: Named) => isDeepStrictEqual(actors[0] ?? itself, caller),
    also: ({ act }: TokenClaims) => {
      const [outermost] = actorsIn(act);
      const acts = outermost !== undefined && !isDeepStrictEqual(outermost, actors[0]);
      const allowed = actorsIn(parent.mayAct)[0];
      const ofIssuer = allowed?.[1] === undefined ? [undefined, issuer] : [allowed[1]];
      const isNamed = allowed?.[0] === outermost?.[0] && ofIssuer.includes(outermost?.[1]);
      return { 'an actor that may not act': acts && 'mayAct' in parent && !isNamed };
    },
  };
};
