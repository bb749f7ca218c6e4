import { LineCounter, parseDocument, visit, type Document } from 'yaml';

/** What the parser finds, for those who cannot read its codes. Its own texts repeat the line, which may hold a secret. */
const WRONG: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'has an alias',
  DUPLICATE_KEY: 'names a member twice',
  MULTIPLE_DOCS: 'has a second document',
  TAG_RESOLVE_FAILED: 'has an unknown tag',
};

export const STRICT_YAML = 'one JSON or YAML document, without aliases and tags, each member named once';

/**
 * What a text in JSON or YAML 1.2 says, which contains JSON, so one parser reads both; nothing but what JSON can say is taken.
 * `wrong` completes "the file ..." and repeats nothing of the text.
 */
export function parseStrictYaml(text: string): { content?: unknown; wrong?: string } {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    logLevel: 'error',
    resolveKnownTags: false,
    schema: 'core',
  });
  const [first] = [...document.errors, ...document.warnings];
  const at = first?.pos[0] ?? firstAlias(document);
  if (at === undefined) return { content: document.toJS() };
  const what = WRONG[first?.code ?? 'BAD_ALIAS'] ?? 'is neither JSON nor YAML';
  return { wrong: `${what} (line ${lineCounter.linePos(at).line})` };
}

function firstAlias(document: Document.Parsed): number | undefined {
  let at: number | undefined;
  visit(document, {
    Alias: (_key, { range }) => {
      at = range?.[0];
      return visit.BREAK;
    },
  });
  return at;
}
