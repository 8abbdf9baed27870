import type { Counting } from "../../history/index.ts";
import type { Skip } from "../disk/error.ts";
import { gitsOwn, nothing } from "../disk/gits-own.ts";
import { nameProblem, targetProblem } from "../disk/host-name.ts";

/** Which entries of each directory go out; `skip` is told of the others, by their paths below where it begins. */
export function exportable(git: "leave" | "take", skip: (skip: Skip) => void): Counting {
  return (names, above) => {
    const gits = git === "take" ? nothing : gitsOwn(names);
    return ({ name, inode }) => {
      const problem =
        nameProblem(name, "linux") ??
        (inode.type === "symlink" ? targetProblem(inode.target) : undefined);
      const path = `${above}/${name}`;
      const target = inode.type === "symlink" ? { target: inode.target } : {};
      if (problem !== undefined) skip({ path, ...target, reason: problem });
      const own = problem === undefined ? gits(name, inode.type) : undefined;
      if (own !== undefined) skip({ path, ...target, reason: own, own: "git" });
      return problem === undefined && own === undefined;
    };
  };
}
