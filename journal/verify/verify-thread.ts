import { answerAside } from "./aside.ts";
import { verify } from "./verify.ts";

// Runs in a thread of its own.
answerAside(({ file, head }: { readonly file: string; readonly head: string | undefined }) =>
  verify(file, head === undefined ? {} : { head }),
);
