/** Reports a check that failed; `seq` is the first damaged event, 0 if the journal as a whole is damaged. */
export class Damage extends Error {
  readonly seq: number;
  readonly path: string | undefined;

  constructor(reason: string, seq = 0, path?: string) {
    super(reason);
    this.seq = seq;
    this.path = path;
  }
}
