export function makeReadme(): Promise<string>;
