import { answerAside } from "./aside.ts";
import { verify } from "./verify.ts";

// Runs in a thread of its own.
answerAside(
  ({ file, head }: { readonly file: string; readonly head: string | undefined }, _, tellShare) =>
    verify(file, {
      ...(head === undefined ? {} : { head }),
      onProgress: (checked, events) => tellShare(checked / events),
    }),
);
