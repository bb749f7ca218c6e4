/** The parts of an entry of package-lock.json, or of a package.json, that say what it needs. */
export interface Needs {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  /** Of a workspace: where it is. */
  readonly link?: boolean;
  readonly resolved?: string;
}

export type Lock = Readonly<Record<string, Needs>>;

/** Peers that are installed only where somebody asks for them. */
export function optionalPeers({
  peerDependencies = {},
  peerDependenciesMeta = {},
}: Needs): readonly string[] {
  return Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional === true);
}

/** What `npm install` of the root package brings: names of packages, as the lock file resolves them. */
export function installedWith(lock: Lock): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (place: string): void => {
    const entry = lock[place] ?? {};
    const own = entry.link ? (entry.resolved ?? '') : place;
    const needs = lock[own] ?? {};
    const optional = new Set(optionalPeers(needs));
    const peers = Object.keys(needs.peerDependencies ?? {}).filter((name) => !optional.has(name));
    for (const name of [...Object.keys({ ...needs.dependencies, ...needs.optionalDependencies }), ...peers]) {
      const found = placeOf(lock, own, name);
      if (found === undefined || names.has(found)) continue;
      names.add(found);
      visit(found);
    }
  };
  visit('');
  return new Set([...names].map((place) => place.replace(/^.*node_modules\//, '')));
}

/** As Node resolves it: the nearest `node_modules` upwards. */
function placeOf(lock: Lock, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.replace(/(?:^|\/)[^/]*$/, '')) {
    const place = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (lock[place]) return place;
    if (folder === '') return undefined;
  }
}
