import type { ArgumentFacts, CommandFacts, OptionFacts } from "./command-table.ts";
import { type Values, isPassedOn, valuesOfArgument, valuesOfOption } from "./values.ts";

/** Writes a script that completes commands, options and values in zsh; it starts no program. */
export function zshScript(table: readonly CommandFacts[]): string {
  const names = table.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const cases = table.map(
    (command) => `    ${command.name})
      _arguments -s -S ${specs(command)}
      ;;`,
  );
  return `#compdef rewindfs
# Completion for rewindfs: rewindfs completion zsh >"\${fpath[1]}/_rewindfs"
_rewindfs_commands() {
  local -a commands=(
${names.join("\n")}
  )
  _describe -t commands command commands
}

_rewindfs() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C \\
    '(-j --journal)'{-j,--journal}'[the journal]:file:_files' \\
    '(- *)'{-h,--help}'[print help]' \\
    '(- *)'{-V,--version}'[print the version]' \\
    '1: :->command' \\
    '*:: :->arguments' && return
  case $state in
    command)
      _rewindfs_commands
      return
      ;;
  esac
  case $words[1] in
    help)
      (( CURRENT == 2 )) && _rewindfs_commands
      ;;
${cases.join("\n")}
  esac
}

# A script that fpath has is called; one that is sourced says whose it is.
if [[ $funcstack[1] == _rewindfs ]]; then
  _rewindfs "$@"
else
  compdef _rewindfs rewindfs
fi
`;
}

function specs(command: CommandFacts): string {
  const options = command.options.map(optionSpec);
  const places = command.arguments.map((argument, index) => argumentSpec(command, argument, index));
  return [...options, ...places].join(" \\\n        ");
}

function optionSpec(option: OptionFacts): string {
  const { short, long, value, description } = option;
  const values = valuesOfOption(option);
  const repeats = description.includes("(repeatable)") ? "*" : "";
  const takes = values === undefined ? "" : `:${plain(value ?? "")}:${action(values)}`;
  const text = `[${plain(description).replaceAll(/[[\]]/g, String.raw`\$&`)}]${takes}`;
  if (short === undefined) return quoted(`${repeats}${long}${text}`);
  const others = repeats === "" ? quoted(`(${short} ${long})`) : quoted(repeats);
  return `${others}{${short},${long}}${quoted(text)}`;
}

function argumentSpec(command: CommandFacts, argument: ArgumentFacts, index: number): string {
  const values = valuesOfArgument(command, argument);
  const rest = isPassedOn(command) ? "*::" : "*:";
  const place = argument.isRepeated ? rest : `${index + 1}:`;
  return quoted(`${place}${plain(argument.name)}:${action(values)}`);
}

function action(values: Values): string {
  switch (values.kind) {
    case "files":
      return "_files";
    case "commands":
      return "_command_names -e";
    case "directories":
      return "_files -/";
    case "any":
      return " ";
    case "words":
      return values.more === undefined
        ? `(${values.words.join(" ")})`
        : `{compadd ${values.words.join(" ")}; _files}`;
  }
}

/** Leaves out the colons, which part a spec. */
function plain(text: string): string {
  return text.replaceAll(":", " ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
