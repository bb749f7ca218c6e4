/** Whoever asks for an exchange, and will act for the subject of the new token. */
export interface Party {
  readonly id: string;
  readonly issuer?: string;
}
