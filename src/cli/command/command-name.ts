/**
 * Returns the index of the command among the arguments: the first that is no option and not the journal's name. -1 if
 * there is none.
 */
export function commandAt(args: readonly string[]): number {
  return args.findIndex(
    (arg, index) => !arg.startsWith("-") && !/^(?:-j|--journal)$/.test(args[index - 1] ?? ""),
  );
}
