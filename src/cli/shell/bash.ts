import type { CommandFacts, OptionFacts } from "./command-table.ts";
import {
  type Values,
  flagsOf,
  flagsWithValue,
  isPassedOn,
  valuesOfArgument,
  valuesOfOption,
} from "./values.ts";

/** Writes a script that completes commands, options and values in bash; it starts no program. */
export function bashScript(table: readonly CommandFacts[]): string {
  const names = table.map(({ name }) => name);
  const cases = table.map(
    (command) => `    ${command.name})
${optionCases(command.options)}
      options='${command.options.flatMap(flagsOf).join(" ")}'
${argumentsOf(command)}
      ;;`,
  );
  return `# Completion for rewindfs: source <(rewindfs completion bash)

# Offers names of the machine as they are: a list of words would have what stands in them run.
_rewindfs_names() {
  local name
  COMPREPLY=()
  while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen "$@")
  compopt -o filenames 2>/dev/null && return
  for name in "\${!COMPREPLY[@]}"; do COMPREPLY[name]=$(printf %q "\${COMPREPLY[name]}"); done
}

_rewindfs() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  local name='' at options='-j --journal -h --help -V --version' words=''
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    case \${COMP_WORDS[at]} in
      -j | --journal) ((at++)) ;;
      -*) ;;
      *)
        name=\${COMP_WORDS[at]}
        break
        ;;
    esac
  done
  case $name in
    '')
      case $prev in
        -j | --journal) return ;;
      esac
      words='${[...names, "help"].join(" ")}'
      compopt +o default 2>/dev/null
      ;;
    help)
      words='${names.join(" ")}'
      compopt +o default 2>/dev/null
      ;;
${cases.join("\n")}
  esac
  [[ $cur == -* ]] && words=$options
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _rewindfs rewindfs
`;
}

/** Ends the function behind an option that takes a value. */
function optionCases(options: readonly OptionFacts[]): string {
  const cases = options.flatMap((option) => {
    const values = valuesOfOption(option);
    return values === undefined
      ? []
      : [`        ${flagsOf(option).join(" | ")}) ${reply(values)} return ;;`];
  });
  return `      case $prev in
${cases.join("\n")}
      esac`;
}

/** Says what stands for an argument; bash itself offers files where there is no other word. */
function reply(values: Values): string {
  switch (values.kind) {
    case "files":
      return "";
    case "commands":
      return `_rewindfs_names -c -- "$cur";`;
    case "directories":
      return `_rewindfs_names -d -- "$cur";`;
    case "any":
      return "compopt +o default 2>/dev/null;";
    case "words":
      return `COMPREPLY=($(compgen -W '${values.words.join(" ")}' -- "$cur")); compopt +o default 2>/dev/null;`;
  }
}

const programs = `[[ $cur == -* ]] || {
        _rewindfs_names -c -- "$cur"
        return
      }`;

function argumentsOf(command: CommandFacts): string {
  if (isPassedOn(command))
    return `      # Words after the program are its own.
      for ((at++; at < COMP_CWORD; at++)); do
        case \${COMP_WORDS[at]} in
          ${flagsWithValue(command).join(" | ")}) ((at++)) ;;
          -*) ;;
          *) return ;;
        esac
      done
      ${command.name === "run" ? "words='python'" : programs}`;
  const kinds = command.arguments.map((argument) => valuesOfArgument(command, argument));
  const named = kinds.flatMap((values) => (values.kind === "words" ? values.words : []));
  const takesFiles = kinds.some(({ kind }) => kind !== "any" && kind !== "words");
  return [
    `      words='${named.join(" ")}'`,
    ...(takesFiles ? [] : ["      compopt +o default 2>/dev/null"]),
  ].join("\n");
}
