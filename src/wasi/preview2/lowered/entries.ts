import type { Factory, Ways } from "./call.ts";
import { descriptorFlags, openFlags, pathFlags } from "./codes.ts";

/** Opens, makes, moves and removes entries of directories. */
export function entryFunctions({ lowered }: Ways): Record<string, Factory> {
  return {
    openAt: lowered(
      (call) =>
        (
          self: number,
          flags: number,
          path: number,
          length: number,
          open: number,
          mode: number,
          result: number,
        ) =>
          call.handle(result, () => {
            const text = call.memory.text(path, length);
            const base = call.descriptor(self);
            return base.openAt(pathFlags(flags), text, openFlags(open), descriptorFlags(mode));
          }),
    ),
    createDirectoryAt: lowered(
      (call) => (self: number, path: number, length: number, result: number) =>
        call.unit(result, () =>
          call.descriptor(self).createDirectoryAt(call.memory.text(path, length)),
        ),
    ),
    removeDirectoryAt: lowered(
      (call) => (self: number, path: number, length: number, result: number) =>
        call.unit(result, () =>
          call.descriptor(self).removeDirectoryAt(call.memory.text(path, length)),
        ),
    ),
    unlinkFileAt: lowered(
      (call) => (self: number, path: number, length: number, result: number) =>
        call.unit(result, () => call.descriptor(self).unlinkFileAt(call.memory.text(path, length))),
    ),
    renameAt: lowered(
      (call) =>
        (
          self: number,
          path: number,
          length: number,
          newBase: number,
          newPath: number,
          newLength: number,
          result: number,
        ) =>
          call.unit(result, () => {
            const base = call.descriptor(self);
            const to = call.memory.text(newPath, newLength);
            base.renameAt(call.memory.text(path, length), call.descriptor(newBase), to);
          }),
    ),
    linkAt: lowered(
      (call) =>
        (
          self: number,
          flags: number,
          path: number,
          length: number,
          newBase: number,
          newPath: number,
          newLength: number,
          result: number,
        ) =>
          call.unit(result, () => {
            const base = call.descriptor(self);
            const to = call.memory.text(newPath, newLength);
            const from = call.memory.text(path, length);
            base.linkAt(pathFlags(flags), from, call.descriptor(newBase), to);
          }),
    ),
    symlinkAt: lowered(
      (call) =>
        (
          self: number,
          target: number,
          targetLength: number,
          path: number,
          length: number,
          result: number,
        ) =>
          call.unit(result, () => {
            const to = call.memory.text(target, targetLength);
            call.descriptor(self).symlinkAt(to, call.memory.text(path, length));
          }),
    ),
  };
}
