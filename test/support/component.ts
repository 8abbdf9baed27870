import { writeFileSync } from "node:fs";

/** Makes a component from its text format. Its contents need not be valid. */
export async function componentFrom(text: string): Promise<Uint8Array> {
  const { parse } = await import("@bytecodealliance/jco");
  return parse(text);
}

/** Writes a component to a file, and returns the file's name. */
export async function writeComponent(file: string, text: string): Promise<string> {
  writeFileSync(file, await componentFrom(text));
  return file;
}

/** Names of the parts of a command. */
export interface CoreNames {
  readonly run?: string;
  readonly memory?: string;
  readonly realloc?: string;
  readonly postReturn?: string;
  readonly module?: string;
  readonly field?: string;
  /** The name of its export. */
  readonly entry?: string;
}

/** Makes a command that does nothing but use each kind of name, and end well. */
export function command(names: CoreNames = {}): string {
  const { run, memory, realloc, postReturn, module, field, entry } = {
    run: "run",
    memory: "memory",
    realloc: "realloc",
    postReturn: "post",
    module: "module",
    field: "field",
    entry: "wasi:cli/run@0.2.0",
    ...names,
  };
  return `(component
    (core module $first
      (memory (export ${quoted(memory)}) 1)
      (func (export ${quoted(realloc)}) (param i32 i32 i32 i32) (result i32) i32.const 1024)
      (func (export "echo") (param i32 i32) (result i32) i32.const 0)
      (func (export ${quoted(postReturn)}) (param i32)))
    (core instance $a (instantiate $first))
    (alias core export $a ${quoted(memory)} (core memory $memory))
    (alias core export $a ${quoted(realloc)} (core func $realloc))
    (alias core export $a ${quoted(postReturn)} (core func $post))
    (alias core export $a "echo" (core func $echo))
    (core module $second
      (import ${quoted(module)} ${quoted(field)} (func $taken (param i32 i32) (result i32)))
      (func (export ${quoted(run)}) (result i32) (call $taken (i32.const 0) (i32.const 0))))
    (core instance $given (export ${quoted(field)} (func $echo)))
    (core instance $b (instantiate $second (with ${quoted(module)} (instance $given))))
    (func $run (result (result)) (canon lift (core func $b ${quoted(run)})))
    (func $text (param "text" string) (result string)
      (canon lift (core func $echo) (memory $memory) (realloc (core func $realloc)) (post-return (core func $post))))
    (instance $command (export "run" (func $run)))
    (export "text" (func $text))
    (export ${quoted(entry)} (instance $command)))`;
}

/** Wraps the same command in another component. */
export function nested(names: CoreNames = {}): string {
  return `(component
    (component $inner ${command(names).slice("(component".length)}
    (instance $made (instantiate $inner))
    (alias export $made "wasi:cli/run@0.2.0" (instance $command))
    (export "wasi:cli/run@0.2.0" (instance $command)))`;
}

/** Quotes any text as a string of the text format. */
export function quoted(text: string): string {
  const bytes = [...Buffer.from(text)];
  return `"${bytes.map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("")}"`;
}

/** Makes a command with this core function `run`, that imports an interface of this type. */
export function importing(name: string, type: string): string {
  return `(component
    (import ${quoted(name)} (instance ${type}))
    (core module $m (func (export "run") (result i32) i32.const 0))
    (core instance $i (instantiate $m))
    (func $run (result (result)) (canon lift (core func $i "run")))
    (instance $command (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $command)))`;
}
