import { type ZodRawShape, z } from "zod";
import type { Answer } from "./answer.ts";
import type { Session } from "./session.ts";

/** A path as a call gives it; a longer one leads nowhere, and would be kept as the name of a run. */
export const pathGiven = z.string().max(4_096);
/** A glob as a call gives it. */
export const globGiven = z.string().max(1_000);

/** Asks the person behind the client; undefined where the client cannot ask. */
export type Ask = (question: string) => Promise<boolean | undefined>;

/** A tool: its name, what it takes, what it does to files, and the call. */
export interface Tool<Shape extends ZodRawShape = ZodRawShape> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Shape;
  /** "reads" changes nothing; "adds" takes nothing away; "replaces" may overwrite or remove. */
  readonly effect: "reads" | "adds" | "replaces";
  /** The same call again changes nothing more. */
  readonly again?: "same";
  readonly call: (
    session: Session,
    given: z.infer<z.ZodObject<Shape>>,
    ask: Ask,
    /** Aborts when nobody waits for the answer any more. */
    signal: AbortSignal,
  ) => Answer | Promise<Answer>;
}

/** Returns a tool as it is; the compiler holds its call to what it takes. */
export function tool<Shape extends ZodRawShape>(definition: Tool<Shape>): Tool {
  // A call only ever gets what its own input let through.
  return definition as unknown as Tool;
}
