import type { CommonOptions, Define, Entry } from "../command/command.ts";
import { examples } from "../command/command.ts";
import type { Context } from "../command/context.ts";
import { UsageError, exits } from "../command/failure.ts";
import { words } from "../../text/index.ts";
import { bashScript } from "./bash.ts";
import { type CommandFacts, commandTable } from "./command-table.ts";
import { fishScript } from "./fish.ts";
import { type Shell, shells } from "./values.ts";
import { zshScript } from "./zsh.ts";

/** Makes the command that completes these commands, itself among them. */
export function completionOf(entries: readonly Entry[]): { readonly define: Define } {
  return {
    define: (command, act) =>
      examples(
        command
          .argument("<shell>", "bash, zsh or fish")
          .action((shell: string, options: CommonOptions) =>
            act(options, (context) => write(context, shell, entries)),
          ),
        [
          ["source <(rewindfs completion bash)", "in ~/.bashrc"],
          ['rewindfs completion zsh >"${fpath[1]}/_rewindfs"', "once; compinit finds it"],
          ["rewindfs completion fish >~/.config/fish/completions/rewindfs.fish", "once"],
        ],
      ).addHelpText(
        "after",
        "\nThe script starts no program, and reads no journal: it knows this version's\ncommands. Write it again after an update.",
      ),
  };
}

async function write(context: Context, text: string, entries: readonly Entry[]): Promise<number> {
  const shell = shells.find((name) => name === text);
  if (shell === undefined)
    throw new UsageError(`there is no completion for ${text}`, `there is ${shells.join(", ")}`);
  const script = scripts[shell](await commandTable(entries));
  context.out.bytes(new TextEncoder().encode(script));
  if (context.out.isTerminal)
    context.talk.line(words("rewindfs help completion tells what to do with it"));
  return exits.done;
}

const scripts: Readonly<Record<Shell, (table: readonly CommandFacts[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};
