const encoded = (character: string): string => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** The path with its first letter changed. */
const first = (path: string, change: (letter: string) => string): string =>
  path.replace(/[a-z]/, (letter) => change(letter));
/** The path with the slash before its last segment changed; with one after the first, where there is no other. */
const lastSlash = (path: string, slash: string): string =>
  path.replace(/^(.*)\/(.+)$/, (_path, before: string, last: string) => `${before || '/'}${slash}${last}`);

/**
 * Ways to spell the path of a route as a request target, and the status that is said to a stranger: 401 where it is the
 * route's, and the route asks who is there.
 */
export const SPELLINGS: readonly (readonly [
  name: string,
  spell: (path: string) => string,
  status: number,
])[] = [
  ['as it is', (path) => path, 401],
  ['in the absolute form', (path) => `http://x${path}`, 401],
  ['in the absolute form with another host', (path) => `https://elsewhere.example${path}`, 401],
  ['in the absolute form with a public path as its host', (path) => `http://livez${path}`, 401],
  ['in the absolute form with credentials', (path) => `http://admin:admin@x${path}`, 401],
  ['in the absolute form with two slashes', (path) => `http://x/${path}`, 404],
  ['with a letter in percent-encoding', (path) => first(path, encoded), 401],
  ['with all letters in percent-encoding', (path) => path.replaceAll(/[a-z]/g, encoded), 401],
  ['with a letter in percent-encoding twice', (path) => first(path, encoded).replace('%', '%25'), 404],
  ['with a slash in percent-encoding', (path) => lastSlash(path, '%2f'), 404],
  ['with a slash in percent-encoding twice', (path) => lastSlash(path, '%252f'), 404],
  ['with the first slash in percent-encoding', (path) => path.replace('/', '/%2F'), 404],
  ['with a letter in overlong UTF-8', (path) => first(path, () => '%c1%a5'), 400],
  ['with an encoding cut short', (path) => `${path}%2`, 400],
  ['with a NUL in percent-encoding', (path) => `${path}%00`, 404],
  ['with a header in percent-encoding', (path) => `${path}%0d%0aX-Badge:%20admin`, 404],
  ['with a space in percent-encoding', (path) => `${path}%20`, 404],
  ['with two slashes before', (path) => `/${path}`, 404],
  ['with two slashes within', (path) => lastSlash(path, '//'), 404],
  ['with a slash after', (path) => `${path}/`, 404],
  ['with two slashes after', (path) => `${path}//`, 404],
  ['with a dot segment', (path) => `/.${path}`, 404],
  ['with a dot segment after a public path', (path) => `/livez/..${path}`, 404],
  ['with dot segments in percent-encoding', (path) => `/livez/%2e%2e${path}`, 404],
  ['with dot segments that have a parameter', (path) => `/livez/..;${path}`, 404],
  ['in capitals', (path) => path.toUpperCase(), 404],
  [
    'with a capital in percent-encoding',
    (path) => first(path, (letter) => encoded(letter.toUpperCase())),
    404,
  ],
  ['with a parameter', (path) => `${path};x=1`, 404],
  ['with a public path as a parameter', (path) => `${path};/livez`, 404],
  ['with a question mark alone', (path) => `${path}?`, 401],
  ['with a public path as the query', (path) => `${path}?/livez`, 401],
  ['with a fragment', (path) => `${path}#/livez`, 401],
  ['with a backslash', (path) => path.replace('/', '/\\'), 404],
  ['with an extension', (path) => `${path}.json`, 404],
  ['with a letter of full width', (path) => first(path, () => 'ｅ'), 400],
  ['without the first slash', (path) => path.slice(1), 400],
  ['with a NUL', (path) => `${path}\0`, 400],
  ['with a tab', (path) => `${path}\t`, 400],
  ['with a space', (path) => `${path} x`, 400],
  ['not at all', () => '', 400],
];
