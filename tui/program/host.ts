import type { Printable } from "../../src/text/index.ts";

/** Lends the terminal to another program while `body` runs, and takes it back. */
export type Suspend = (body: () => Promise<void>) => Promise<void>;

/** The machine around the debugger: its clock, its terminal, its files. */
export interface Host {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Ends the debugger. */
  readonly exit: (code: number) => void;
  /** Puts text into the clipboard of the terminal's user. */
  readonly copy: (text: Printable) => void;
  /** Shows a file in a pager, to which the terminal is lent. */
  readonly page: (path: string, bytes: Uint8Array) => Promise<void>;
  /** Writes a new file; throws if there is one of that name. */
  readonly save: (target: string, bytes: Uint8Array) => void;
  /** Stops the process as ^Z does elsewhere, until it is continued. */
  readonly stopProcess: () => Promise<void>;
}
