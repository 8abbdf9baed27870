import type { Printable } from "../../src/text/index.ts";

/** Hands the terminal to someone else while `body` runs, and takes it back. */
export type Suspend = (body: () => Promise<void>) => Promise<void>;

/** The machine around the debugger: its clock, its terminal, its files. */
export interface Host {
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** Ends the debugger. */
  readonly exit: (code: number) => void;
  /** Puts text into the clipboard of whoever sits at the terminal. */
  readonly copy: (text: Printable) => void;
  /** Shows a file in a pager, while the terminal is handed over. */
  readonly page: (path: string, bytes: Uint8Array) => Promise<void>;
  /** Writes a new file; throws when there is one of that name. */
  readonly save: (target: string, bytes: Uint8Array) => void;
  /** Stops the process as ^Z does elsewhere, until it is continued. */
  readonly stopProcess: () => Promise<void>;
}
