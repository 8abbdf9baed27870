import { openReader, signHead, signingKey } from "../../../../journal/index.ts";
import { line, printable } from "../../../text/index.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exits } from "../../command/failure.ts";
import { keyText } from "../../command/key-file.ts";

export const define: Define = (command, act) =>
  examples(
    readingOptions(command)
      .argument("<key.pem>", "an Ed25519 private key")
      .action((file: string, options: ReadingOptions) =>
        act(options, (context) => sign(context, file, options)),
      ),
    [
      ["openssl genpkey -algorithm ed25519 -out key.pem", "make a key"],
      ["rewindfs sign key.pem", "sign everything in the journal now"],
      ["openssl pkey -in key.pem -pubout -out public.pem", "for people who check it"],
      ["rewindfs verify --public public.pem", "check it"],
    ],
  );

function sign(context: Context, file: string, { json }: ReadingOptions): number {
  const key = signingKey(keyText("sign", file), file);
  // A missing journal must not be created.
  openReader(context.journal).close();
  const signature = signHead(context.journal, key);
  const { seq, fingerprint } = signature;
  if (json === true) context.out.json(signature);
  else context.talk.line(line`signed up to event ${seq} by ${printable(fingerprint)}`);
  return exits.done;
}
