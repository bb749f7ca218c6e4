/** Why a stream does not open. `envelope_refused`: there is no such envelope among the data keys, as KKP would say. */
export type StreamReason = 'unsupported_version' | 'bad_header' | 'envelope_refused' | 'not_authentic';

/** Byte strings are lower-case hex. */
export interface AcceptStream {
  readonly name: string;
  readonly verdict: 'accept';
  readonly sealed: string;
  readonly associated_data: string;
  readonly plaintext: string;
  /** What a writer took, so that a writer with the same randomness makes the same bytes. */
  readonly data_key: string;
  readonly salt: string;
  readonly prefix: string;
  readonly segment_size: number;
}

export interface RejectStream {
  readonly name: string;
  readonly verdict: 'reject';
  readonly sealed: string;
  readonly associated_data: string;
  readonly reason: StreamReason;
}

export interface DataKeyVector {
  readonly envelope: Readonly<Record<string, string>>;
  readonly data_key: string;
}

export interface StreamVectorFile {
  readonly description: string;
  /** What opening an envelope gives; any other envelope is refused. */
  readonly data_keys: readonly DataKeyVector[];
  readonly cases: readonly (AcceptStream | RejectStream)[];
}
