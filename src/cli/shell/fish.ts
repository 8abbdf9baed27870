import type { CommandFacts, OptionFacts } from "./command-table.ts";
import {
  type Values,
  flagsWithValue,
  isPassedOn,
  valuesOfArgument,
  valuesOfOption,
} from "./values.ts";

/** Writes a script that completes commands, options and values in fish; it starts no program. */
export function fishScript(table: readonly CommandFacts[]): string {
  const names = table.map(
    ({ name, summary }) =>
      `complete -c rewindfs -n __rewindfs_no_command -a ${name} -d ${quoted(summary)}`,
  );
  return `# Completion for rewindfs: rewindfs completion fish >~/.config/fish/completions/rewindfs.fish
function __rewindfs_command
    set -l tokens (commandline -opc)
    set -e tokens[1]
    while set -q tokens[1]
        switch $tokens[1]
            case -j --journal
                set -e tokens[1]
            case '-*'
            case '*'
                echo $tokens[1]
                return
        end
        set -e tokens[1]
    end
    return 1
end
function __rewindfs_no_command
    not __rewindfs_command >/dev/null
end
function __rewindfs_in
    set -l name (__rewindfs_command)
    and test "$name" = $argv[1]
end
${table.filter(isPassedOn).map(beforeProgram).join("\n")}

complete -c rewindfs -f
complete -c rewindfs -n __rewindfs_no_command -s j -l journal -rF -d 'the journal'
complete -c rewindfs -n __rewindfs_no_command -s h -l help -d 'print help'
complete -c rewindfs -n __rewindfs_no_command -s V -l version -d 'print the version'
${names.join("\n")}
complete -c rewindfs -n __rewindfs_no_command -a help -d 'explain a command'
complete -c rewindfs -n '__rewindfs_in help' -a '${table.map(({ name }) => name).join(" ")}'

${table.flatMap(linesOf).join("\n")}
`;
}

/** Writes a function that tells if the command's program was not named yet: words after it are its own. */
function beforeProgram(command: CommandFacts): string {
  return `function __rewindfs_before_program_of_${command.name}
    set -l tokens (commandline -opc)
    while set -q tokens[1]; and test "$tokens[1]" != ${command.name}
        set -e tokens[1]
    end
    set -e tokens[1]
    while set -q tokens[1]
        switch $tokens[1]
            case ${flagsWithValue(command).join(" ")}
                set -e tokens[1]
            case '-*'
            case '*'
                return 1
        end
        set -e tokens[1]
    end
    __rewindfs_in ${command.name}
end`;
}

function linesOf(command: CommandFacts): string[] {
  const start = `complete -c rewindfs -n ${quoted(`__rewindfs_in ${command.name}`)}`;
  const early = isPassedOn(command)
    ? `complete -c rewindfs -n __rewindfs_before_program_of_${command.name}`
    : start;
  const places = command.arguments.map((argument) => valuesOfArgument(command, argument));
  return [
    ...command.options.map((option) => `${early} ${optionWords(option)}`),
    ...places.flatMap((values) => {
      const given = words(values);
      return given === "" ? [] : [`${start}${given}`];
    }),
  ];
}

function optionWords(option: OptionFacts): string {
  const { short, long, description } = option;
  const values = valuesOfOption(option);
  return [
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    `-l ${long.slice(2)}`,
    ...(values === undefined ? [] : [`-x${words(values)}`]),
    `-d ${quoted(description)}`,
  ].join(" ");
}

/** The words that stand for a value, as arguments of complete. */
function words(values: Values): string {
  switch (values.kind) {
    case "files":
      return ` -a ${quoted(paths)}`;
    case "commands":
      return " -a '(__fish_complete_command)'";
    case "directories":
      return " -a '(__fish_complete_directories)'";
    case "any":
      return "";
    case "words": {
      const more = values.more === undefined ? [] : [paths];
      return ` -a ${quoted([...values.words, ...more].join(" "))}`;
    }
  }
}

const paths = "(__fish_complete_path (commandline -ct))";

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
