/** Where the command stands among the arguments: the first that is no option and not the journal's name. -1: nowhere. */
export function commandAt(args: readonly string[]): number {
  return args.findIndex(
    (arg, index) => !arg.startsWith("-") && !/^(?:-j|--journal)$/.test(args[index - 1] ?? ""),
  );
}
