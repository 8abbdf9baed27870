/** The program in one sentence. */
export const aboutProgram =
  "Records what sandboxed programs do to files, and steps back and forth through it.";

/** The ways to name a moment. */
export const helpOnRevisions = `rewindfs help COMMAND explains one command. A revision is @ (now), @-N, N,
run:N, mark:NAME, each with ^ for just before it, a time as log shows it or like
2026-11-24T06:00:00Z, or an age like -5m.`;

/** The meaning of the exit codes. */
export const helpOnExits = `Exit codes: 0 done, 1 the answer is no or the machine refused (a full disk, a
journal that is in use), 2 wrong usage, 3 a damaged journal; run passes on the
guest's, and returns 125 if rewindfs itself failed.`;
