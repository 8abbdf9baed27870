import { PassThrough, Writable } from "node:stream";
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import xterm from "@xterm/headless";

import { openRecording } from "../../../tui/recording/recording.ts";
import { startState } from "../../../tui/terminal/run.ts";
import { type Session, openSession } from "../../../tui/terminal/session.ts";
import type { State } from "../../../tui/state/state.ts";

/** The debugger on a terminal in memory. */
export interface Screen {
  readonly session: Session;
  state(): State;
  /** Types text, or keys by name in angle brackets ("<Esc>", "<Enter>", "<C-d>"). Waits until the screen is drawn. */
  press(...keys: readonly string[]): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** Returns the text on the screen, without spaces at the ends of lines. */
  text(): string;
  /** Returns the attributes of the character at a place: bold, dim, inverse, and its colour (-1: none). */
  look(
    column: number,
    row: number,
  ): {
    readonly bold: boolean;
    readonly dim: boolean;
    readonly inverse: boolean;
    readonly color: number;
  };
  /** Returns everything that was written to the terminal. */
  bytes(): string;
  /** Counts the writes to the screen. */
  paints(): number;
  /** Waits until no work goes on and all is drawn. */
  idle(): Promise<void>;
  /** Ends the input, as when the terminal goes away. */
  hangUp(): void;
  close(): Promise<number>;
}

export interface ScreenOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly at?: string;
  readonly ascii?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

const named: ReadonlyMap<string, string> = new Map([
  ["<Esc>", "\x1b"],
  ["<Enter>", "\r"],
  ["<Tab>", "\t"],
  ["<S-Tab>", "\x1b[Z"],
  ["<Up>", "\x1b[A"],
  ["<Down>", "\x1b[B"],
  ["<Right>", "\x1b[C"],
  ["<Left>", "\x1b[D"],
  ["<PageDown>", "\x1b[6~"],
  ["<PageUp>", "\x1b[5~"],
  ["<Home>", "\x1b[H"],
  ["<End>", "\x1b[F"],
  ["<Backspace>", "\x7f"],
  ["<C-d>", "\x04"],
  ["<C-u>", "\x15"],
  ["<C-o>", "\x0f"],
  ["<C-n>", "\x0e"],
  ["<C-l>", "\x0c"],
  ["<C-c>", "\x03"],
]);

const synchronised = "\x1b[?2026h";
/** Turns of the loop in which a key is handled. */
const mostTurns = 4;
/** Turns of the loop for which work of this thread is waited for; work of others takes longer. */
const busyTurns = 200;
/** Ink waits 20 ms for characters after Esc. A timer set later for longer ends later, on the busiest machine too. */
const escapeMilliseconds = 30;

export async function openScreen(file: string, options: ScreenOptions = {}): Promise<Screen> {
  const { columns = 80, rows = 24, at, ascii, env = { LANG: "C.UTF-8", TERM: "xterm" } } = options;
  const terminal = new xterm.Terminal({
    cols: columns,
    rows,
    allowProposedApi: true,
    convertEol: true,
    scrollback: 0,
  });
  const written: string[] = [];
  const stdout = fakeOutput(columns, rows, (text) => {
    written.push(text);
    terminal.write(text);
  });
  const stdin = fakeInput();
  const recording = openRecording(file);
  const session = await openSession(
    { stdin, stdout, env },
    recording,
    startState(
      {
        stdout,
        env,
        ...(at === undefined ? {} : { at }),
        ...(ascii === undefined ? {} : { ascii }),
      },
      recording,
    ),
  );
  const { program } = session;

  const idle = async (): Promise<void> => {
    for (let turn = 0; program.isBusy(); turn += 1) await (turn < busyTurns ? nextTurn() : wait(1));
    await session.flushed();
    await new Promise<void>((resolve) => terminal.write("", resolve));
  };

  await idle();
  return {
    session,
    state: () => program.state(),
    async press(...keys) {
      for (const key of keys) {
        stdin.write(named.get(key) ?? key);
        for (let turn = 0; turn < mostTurns; turn += 1) await nextTurn();
        if (key === "<Esc>") await wait(escapeMilliseconds);
      }
      await idle();
    },
    async resize(nextColumns, nextRows) {
      terminal.resize(nextColumns, nextRows);
      stdout.columns = nextColumns;
      stdout.rows = nextRows;
      stdout.emit("resize");
      await idle();
    },
    text: () => linesOf(terminal).join("\n"),
    look(column, row) {
      const cell = terminal.buffer.active.getLine(row)?.getCell(column);
      return {
        bold: cell?.isBold() === 1 || (cell?.isBold() ?? 0) > 0,
        dim: (cell?.isDim() ?? 0) > 0,
        inverse: (cell?.isInverse() ?? 0) > 0,
        color: cell?.getFgColor() ?? -1,
      };
    },
    bytes: () => written.join(""),
    paints: () => written.join("").split(synchronised).length - 1,
    idle,
    hangUp: () => void stdin.end(),
    async close() {
      if (!stdin.writableEnded) stdin.write("\x03");
      const code = await session.ended;
      recording.close();
      terminal.dispose();
      return code;
    },
  };
}

function linesOf(terminal: InstanceType<typeof xterm.Terminal>): string[] {
  const { active } = terminal.buffer;
  return Array.from({ length: terminal.rows }, (_, row) =>
    (active.getLine(row)?.translateToString(true) ?? "").trimEnd(),
  );
}

export type FakeOutput = NodeJS.WriteStream & { columns: number; rows: number };

export function fakeOutput(
  columns: number,
  rows: number,
  take: (text: string) => void,
): FakeOutput {
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _, done) {
      take(chunk.toString());
      done();
    },
  });
  return Object.assign(stream, { columns, rows, isTTY: true }) as unknown as FakeOutput;
}

export function fakeInput(): NodeJS.ReadStream & PassThrough {
  const stream = new PassThrough();
  return Object.assign(stream, {
    isTTY: true,
    setRawMode: () => stream,
    ref: () => stream,
    unref: () => stream,
  }) as unknown as NodeJS.ReadStream & PassThrough;
}
