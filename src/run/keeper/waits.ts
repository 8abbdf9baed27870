/** Longest wait of a guest's events for their commit. */
export const commitMilliseconds = 20;
/** Time between looks at the log of a guest that records nothing. */
export const seldomMilliseconds = 1_000;
/** Time after which a commit that failed is tried again. */
export const retryMilliseconds = 1_000;
/**
 * Time for which events are still taken from the log of a guest that was told to stop. An honest guest's longest log takes
 * about a second, and on a busy machine some seconds.
 */
export const graceMilliseconds = 30_000;
