import type { Counting } from "../history/index.ts";
import { gitsOwn, nothing } from "./gits-own.ts";
import { nameProblem, targetProblem } from "./host-name.ts";

/** Which entries of each directory go out; `skip` is told of the others, by their paths below where it begins. */
export function exportable(
  git: "leave" | "take",
  skip: (path: string, reason: string) => void,
): Counting {
  return (names, above) => {
    const gits = git === "take" ? nothing : gitsOwn(names);
    return ({ name, inode }) => {
      const problem =
        nameProblem(name, "linux") ??
        (inode.type === "symlink" ? targetProblem(inode.target) : undefined) ??
        gits(name, inode.type);
      if (problem !== undefined) skip(`${above}/${name}`, problem);
      return problem === undefined;
    };
  };
}
