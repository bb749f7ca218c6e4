/** Overwrites buffers that held keys. Best effort: the runtime may have moved a copy before. */
export function zero(...buffers: readonly Uint8Array[]): void {
  for (const buffer of buffers) buffer.fill(0);
}
