/** Whether a token in the header is one of KKP's own, as opposed to a caller's credential. */
export type IsOwnToken = (token: string) => boolean;

export const IS_OWN_TOKEN = Symbol('IS_OWN_TOKEN');
