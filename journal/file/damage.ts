/** Thrown where a check fails; `seq` is the first damaged event, 0 where it is the journal as a whole. */
export class Damage extends Error {
  readonly seq: number;
  readonly path: string | undefined;

  constructor(reason: string, seq = 0, path?: string) {
    super(reason);
    this.seq = seq;
    this.path = path;
  }
}
