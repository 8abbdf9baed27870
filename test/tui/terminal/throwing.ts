import { openRecording } from "../../../tui/recording/recording.ts";
import { startState } from "../../../tui/terminal/run.ts";
import { openSession } from "../../../tui/terminal/session.ts";

// A debugger that meets a bug of its own: started by terminal.test.ts on a terminal, with a journal as its argument.
const { stdin, stdout, env } = process;
const recording = openRecording(process.argv[2] ?? "");
await openSession({ stdin, stdout, env }, recording, startState({ stdout, env }, recording));
setTimeout(() => {
  throw new Error("thrown where nobody catches it");
}, 300);
