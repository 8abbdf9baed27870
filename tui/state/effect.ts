import type { Seq } from "../../journal/index.ts";
import type { Finding } from "../../src/findings/index.ts";
import type { Printable } from "../../src/text/index.ts";
import type { Choice, Folder } from "../../src/host/index.ts";
import type { Criteria } from "./find.ts";
import type { Background } from "../draw/theme.ts";
import type { Pointer } from "./pointer.ts";
import type { Answer, Question } from "../recording/question.ts";
import type { Review } from "./review.ts";
import type { Progress, Scan } from "./scan.ts";
import type { Rule, Answer as HeldAnswer } from "../../src/rules/index.ts";
import type { Held } from "./live.ts";
import type { Hits, Plan, PlanKind, Toast } from "./state.ts";

/** Work that an update asks the program for. The answer comes back as a message. */
export type Effect =
  | { readonly kind: "quit" }
  | { readonly kind: "suspend" }
  | { readonly kind: "redraw" }
  /** Starts a scan; the one before stops. */
  | { readonly kind: "scan"; readonly scan: Scan }
  | { readonly kind: "stop-scan" }
  /** Asks for the rows of a list; the question before is dropped. */
  | { readonly kind: "ask"; readonly question: Question; readonly head: Seq }
  | { readonly kind: "stop-asking" }
  | { readonly kind: "copy"; readonly text: Printable }
  | { readonly kind: "mark"; readonly name: string; readonly at: Seq }
  | {
      readonly kind: "plan";
      readonly plan: PlanKind;
      readonly path: string;
      readonly to: Seq;
      /** The only event to undo. */
      readonly event?: Seq;
    }
  | { readonly kind: "carry-out"; readonly plan: Plan }
  /** Works out what an apply would bring, to one of several folders. */
  | { readonly kind: "review"; readonly folder: number }
  | {
      readonly kind: "apply-chosen";
      readonly folder: Folder;
      readonly choices: readonly Choice[];
    }
  /** Attaches to the running program, and tells if that is not possible. */
  | { readonly kind: "attach" }
  /** Has the running program held at changes that fit these rules, and no others. */
  | { readonly kind: "hold"; readonly rules: readonly Rule[] }
  | { readonly kind: "answer-held"; readonly id: number; readonly answer: HeldAnswer }
  | { readonly kind: "pager"; readonly path: string; readonly at: Seq }
  | { readonly kind: "save"; readonly path: string; readonly at: Seq; readonly target: string };

/** Input of an update: keys, and results of effects. */
export type Message =
  | { readonly kind: "key"; readonly token: string; readonly pace: "single" | "burst" }
  | { readonly kind: "paste"; readonly text: string }
  | ({ readonly kind: "mouse" } & Pointer)
  /** More lines of the text in the main panel are known. */
  | { readonly kind: "read"; readonly bytes: number }
  /** The terminal told its background. */
  | { readonly kind: "background"; readonly background: Background }
  | { readonly kind: "resize"; readonly columns: number; readonly rows: number }
  /** The journal grew to this event, by so many a second. */
  | { readonly kind: "grew"; readonly head: Seq; readonly rate: number }
  /** Nothing came in for a while. */
  | { readonly kind: "idle" }
  | { readonly kind: "played"; readonly events: number }
  | { readonly kind: "settle" }
  /** Attached to the running program with this name; or not any more, and why. */
  | { readonly kind: "attached"; readonly program: string }
  | { readonly kind: "detached"; readonly why: "ended" | "refused" | "nobody" }
  /** The program is held by what was asked for last. */
  | { readonly kind: "holding" }
  | { readonly kind: "held"; readonly held: Held }
  /** The held call with this number waits no more. */
  | { readonly kind: "withdrawn"; readonly id: number }
  /** Snapshots are made first, once for this journal. */
  | { readonly kind: "preparing" }
  | { readonly kind: "scanned"; readonly scan: Scan; readonly progress: Progress }
  /** All events that breakpoints stop at. */
  | { readonly kind: "hits"; readonly hits: Hits }
  /** All events that a search is for. */
  | { readonly kind: "counted"; readonly criteria: Criteria; readonly hits: Hits }
  /** A part of what a list is to show. */
  | { readonly kind: "answered"; readonly answer: Answer }
  | { readonly kind: "planned"; readonly plan: Plan }
  | { readonly kind: "reviewing"; readonly review: Review }
  /** Findings up to the event at which the review was made. */
  | { readonly kind: "found"; readonly head: Seq; readonly findings: readonly Finding[] }
  | { readonly kind: "applied"; readonly head: Seq; readonly toast: Toast }
  /** The requested mark is in the journal, as its last event. */
  | { readonly kind: "marked"; readonly head: Seq; readonly toast: Toast }
  | { readonly kind: "carried-out"; readonly head: Seq; readonly toast: Toast }
  /** The file could not be saved there; another name may work. */
  | { readonly kind: "not-saved"; readonly target: string; readonly why: Printable }
  | { readonly kind: "told"; readonly toast: Toast }
  | { readonly kind: "failed"; readonly title: Printable; readonly text: Printable };
