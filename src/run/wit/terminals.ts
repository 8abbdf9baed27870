/** The interfaces of terminals, which are the same in WASI 0.2 and 0.3. */
export const terminals = `interface wasi:cli/terminal-input {
  resource terminal-input;
}
interface wasi:cli/terminal-output {
  resource terminal-output;
}
interface wasi:cli/terminal-stdin {
  use wasi:cli/terminal-input.{terminal-input};
  get-terminal-stdin: func() -> option<terminal-input>;
}
interface wasi:cli/terminal-stdout {
  use wasi:cli/terminal-output.{terminal-output};
  get-terminal-stdout: func() -> option<terminal-output>;
}
interface wasi:cli/terminal-stderr {
  use wasi:cli/terminal-output.{terminal-output};
  get-terminal-stderr: func() -> option<terminal-output>;
}`;
