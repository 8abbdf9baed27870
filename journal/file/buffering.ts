/** How much a journal takes into memory before it commits, and keeps there. */
export interface Buffering {
  /** Events after which a commit is due. */
  readonly batchEvents: number;
  /** Bytes of payload after which a commit is due. */
  readonly batchBytes: number;
  /** Age of the oldest uncommitted event after which a commit is due, when the next one comes. */
  readonly batchNanoseconds: bigint;
  /**
   * Bytes of SQLite's log after which they are copied into the file, which waits for the disk: what a guest writes in
   * one go should fit.
   */
  readonly logBytes: number;
  /** Bytes of tape kept in memory for reading. */
  readonly cacheBytes: number;
}

export const defaultBuffering: Buffering = {
  batchEvents: 4000,
  batchBytes: 1024 * 1024,
  batchNanoseconds: 20_000_000n,
  logBytes: 64 * 1024 * 1024,
  cacheBytes: 24 * 1024 * 1024,
};
