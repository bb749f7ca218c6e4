/**
 * Every value of a header, however often it was sent. Node would join them, or hide all but one.
 * @param header in lower case
 */
export const valuesOf = (
  { rawHeaders }: { readonly rawHeaders: readonly string[] },
  header: string,
): readonly string[] =>
  rawHeaders.filter((_text, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === header);
