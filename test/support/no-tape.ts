/** Stands for the tape where no event has anything to read from it, as only listings do. */
export function noTape(): never {
  throw new Error("nothing is to be read from the tape here");
}
