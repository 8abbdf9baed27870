import { Box, Text, useApp, useInput, usePaste } from "ink";
import { type ReactNode, memo, useSyncExternalStore } from "react";

import type { Glyphs } from "./glyphs.ts";
import { paint } from "./line.ts";
import type { Program } from "./program.ts";
import { type Block, screenOf } from "./screen.ts";
import type { Theme } from "./theme.ts";
import { tokens } from "./tokens.ts";

export interface AppProps {
  readonly program: Program;
  readonly glyphs: Glyphs;
  readonly theme: Theme;
}

/** Draws the program's state and hands it the keys; it thinks nothing itself. */
export function App({ program, glyphs, theme }: AppProps): ReactNode {
  const state = useSyncExternalStore(program.subscribe, program.state);
  const { suspendTerminal } = useApp();
  useInput((input, key) => program.press(tokens(input, key), suspendTerminal));
  usePaste((text) => program.paste(text));
  const { columns, rows } = state.size;
  const { blocks, over } = screenOf(state, program.recording, glyphs);
  return (
    <Box width={columns} height={rows}>
      {blocks.map((block) => (
        <Lines key={block.key} block={block} theme={theme} />
      ))}
      {over === undefined ? undefined : <Lines block={over} theme={theme} />}
    </Box>
  );
}

function Lines({ block, theme }: { readonly block: Block; readonly theme: Theme }): ReactNode {
  const { left, top, width, height } = block.area;
  return (
    <Box
      position="absolute"
      left={left}
      top={top}
      width={width}
      height={height}
      flexDirection="column"
    >
      {block.lines.map((line, row) => (
        // A row is its place: lines have no identity of their own.
        // oxlint-disable-next-line react/no-array-index-key
        <Row key={row} text={paint(line, theme)} />
      ))}
    </Box>
  );
}

const Row = memo(function Row({ text }: { readonly text: string }): ReactNode {
  return <Text wrap="truncate">{text}</Text>;
});
