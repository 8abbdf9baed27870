import { type ZodRawShape, z } from "zod";
import type { History } from "../index.ts";
import type { Answer } from "./answers/answer.ts";
import type { Call } from "./call.ts";

/** A path as a call gives it. Its length has a bound, as it becomes a part of a run's name. */
export const pathGiven = z.string().max(4_096);
/** A glob as a call gives it. */
export const globGiven = z.string().max(1_000);
/** A moment as a call gives it. */
export const revisionGiven = z
  .union([z.string().max(4_096), z.number().int().min(0)])
  .describe(
    'A moment: an event\'s number, "@" for now, "@-3", "run:2", "run:2^" for just before it, "mark:NAME", a time, "-5m"',
  );

/** A tool's name, what it takes, and what it does to files. */
interface Described<Shape extends ZodRawShape> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Shape;
  /** "reads" changes nothing; "adds" takes nothing away; "replaces" may overwrite or remove. */
  readonly effect: "reads" | "adds" | "replaces";
  /** True if the same call again changes nothing more. */
  readonly again?: "same";
}

/** A tool that works on the open filesystem, one call after another. */
export interface PresentTool<Shape extends ZodRawShape = ZodRawShape> extends Described<Shape> {
  readonly of: "present";
  /** "own" is called at once, and takes its turns itself: it waits for a person between them. */
  readonly turns?: "own";
  readonly call: (call: Call, given: Given<Shape>) => Answer | Promise<Answer>;
}

/** A tool that asks the record, and changes nothing: it runs on a thread of its own, which can be ended anywhere. */
export interface PastTool<Shape extends ZodRawShape = ZodRawShape> extends Described<Shape> {
  readonly of: "past";
  readonly call: (past: History, given: Given<Shape>) => Answer | Promise<Answer>;
}

export type Tool = PresentTool | PastTool;

type Given<Shape extends ZodRawShape> = z.infer<z.ZodObject<Shape>>;

/** Returns the tool unchanged, and has the compiler check its call against its input. */
export function presentTool<Shape extends ZodRawShape>(
  definition: Omit<PresentTool<Shape>, "of">,
): PresentTool {
  // A call only ever gets what its own schema has checked.
  return { ...definition, of: "present" } as unknown as PresentTool;
}

/** Returns a tool of the past unchanged, and has the compiler check its call against its input. */
export function pastTool<Shape extends ZodRawShape>(
  definition: Omit<PastTool<Shape>, "of">,
): PastTool {
  return { ...definition, of: "past" } as unknown as PastTool;
}
