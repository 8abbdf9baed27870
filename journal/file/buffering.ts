/** Bounds what a journal holds in memory: events before a commit, and tape for reading. */
export interface Buffering {
  /** A commit is due after so many events. */
  readonly batchEvents: number;
  /** A commit is due after so many bytes of payload. Each one writes the last segment, which is not whole, by itself. */
  readonly batchBytes: number;
  /** A commit is due when the next event comes and the oldest uncommitted one is older than this. */
  readonly batchNanoseconds: bigint;
  /**
   * SQLite copies its log into the file, and waits for the disk, after so many bytes; a usual burst of a guest fits.
   */
  readonly logBytes: number;
  /** Bytes of tape kept in memory for reading. */
  readonly cacheBytes: number;
  /** Bytes of tape that were read again kept in a temporary file for reading, if there is room. */
  readonly spoolBytes: number;
}

export const defaultBuffering: Buffering = {
  batchEvents: 4000,
  batchBytes: 4 * 1024 * 1024,
  batchNanoseconds: 20_000_000n,
  logBytes: 64 * 1024 * 1024,
  cacheBytes: 24 * 1024 * 1024,
  spoolBytes: 4 * 1024 * 1024 * 1024,
};
