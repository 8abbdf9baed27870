import { Box, Text, useApp, useInput, usePaste } from "ink";
import { type ReactNode, createElement, memo, useEffect, useSyncExternalStore } from "react";

import { paint } from "../draw/line.ts";
import type { Program } from "../program/program.ts";
import type { Block } from "../draw/panel-text.ts";
import { screenOf } from "../panels/screen.ts";
import type { Background, Theme } from "../draw/theme.ts";
import { tokens } from "../keys/tokens.ts";

export interface AppProps {
  readonly program: Program;
  readonly themes: Readonly<Record<Background, Theme>>;
}

/**
 * Draws the program's state and passes keys to it; has no logic of its own. Elements are made by hand and not in JSX,
 * so that Node can run the sources as they are.
 */
export function App({ program, themes }: AppProps): ReactNode {
  const state = useSyncExternalStore(program.subscribe, program.state);
  const { suspendTerminal } = useApp();
  useInput((input, key) => program.press(tokens(input, key)));
  usePaste((text) => program.paste(text));
  useEffect(() => program.lend(suspendTerminal), [program, suspendTerminal]);
  const { columns, rows } = state.size;
  const theme = themes[state.background];
  const blocks = screenOf(state, program.recording, state.glyphs);
  return createElement(
    Box,
    { width: columns, height: rows },
    blocks.map((block) => createElement(Lines, { key: block.key, block, theme })),
  );
}

function Lines({ block, theme }: { readonly block: Block; readonly theme: Theme }): ReactNode {
  const { left, top, width, height } = block.area;
  return createElement(
    Box,
    { position: "absolute", left, top, width, height, flexDirection: "column" },
    // A row is identified by its place: lines have no identity of their own.
    block.lines.map((line, row) => createElement(Row, { key: row, text: paint(line, theme) })),
  );
}

const Row = memo(function Row({ text }: { readonly text: string }): ReactNode {
  return createElement(Text, { wrap: "truncate" }, text);
});
