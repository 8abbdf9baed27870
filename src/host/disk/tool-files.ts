import { foldedName } from "./folded-name.ts";

/** Files that some tool acts on by itself, when their folder is opened, entered, installed, built or tested. */
export interface ToolFile {
  /** Names and endings of paths, in lower case; `*` stands for any part of one name, `**` for any folders. */
  readonly paths: readonly string[];
  /** Names the tool that acts on it, and when: a few words that can follow "path: ". */
  readonly reason: string;
}

/**
 * In the order in which people should look: first what affects the user's account, then what is set off most easily.
 */
export const toolFiles: readonly ToolFile[] = [
  { paths: [".ssh/**"], reason: "ssh takes keys and commands from it" },
  {
    paths: [
      ".bashrc",
      ".bash_profile",
      ".bash_login",
      ".bash_logout",
      ".bash_aliases",
      ".profile",
      ".zshrc",
      ".zshenv",
      ".zprofile",
      ".zlogin",
      ".zlogout",
      ".kshrc",
      ".cshrc",
      ".tcshrc",
      ".login",
      ".inputrc",
      "config.fish",
      "fish/conf.d/*.fish",
      "microsoft.powershell_profile.ps1",
    ],
    reason: "a shell runs it when it starts",
  },
  {
    paths: [
      "autorun.inf",
      "*.desktop",
      ".config/autostart/**",
      "launchagents/*.plist",
      ".xinitrc",
      ".xprofile",
      ".xsession",
      "systemd/user/**",
    ],
    reason: "the desktop runs it",
  },
  {
    paths: [".git/**", "git~1/**", ".gitconfig"],
    reason: "git runs commands from its configuration and hooks",
  },
  { paths: [".hg/**", ".hgrc"], reason: "hg runs commands from its configuration" },
  { paths: [".gitmodules"], reason: "git fetches what it names" },
  { paths: [".gitattributes"], reason: "git runs the filters that it names" },
  {
    paths: [
      ".envrc",
      ".env",
      ".mise.toml",
      "mise.toml",
      ".mise/**",
      ".config/mise/**",
      ".tool-versions",
      ".rtx.toml",
      ".autoenv",
      ".devenv.nix",
    ],
    reason: "a shell loads it when the folder is entered",
  },
  {
    paths: [
      ".claude/**",
      ".mcp.json",
      ".cursor/**",
      ".cursorrules",
      ".windsurf/**",
      ".windsurfrules",
      ".gemini/**",
      ".codex/**",
      ".aider*",
      ".continue/**",
      ".clinerules",
      ".clinerules/**",
      ".roo/**",
      ".junie/**",
      ".kiro/**",
      "agents.md",
      "claude.md",
      "claude.local.md",
      "gemini.md",
      ".github/copilot-instructions.md",
      ".github/instructions/**",
      ".github/prompts/**",
    ],
    reason: "AI agents act on it",
  },
  {
    paths: [
      ".vscode/**",
      "*.code-workspace",
      ".idea/**",
      ".fleet/**",
      ".zed/**",
      ".vs/**",
      ".nova/**",
      "*.sublime-project",
      ".dir-locals.el",
      ".dir-locals-2.el",
      ".exrc",
      ".vimrc",
      ".nvimrc",
      ".nvim.lua",
      ".lvimrc",
      ".vim/**",
      "_vimrc",
    ],
    reason: "an editor acts on it when the folder is opened",
  },
  {
    paths: [".devcontainer/**", ".devcontainer.json", ".gitpod.yml"],
    reason: "an editor builds and starts it",
  },
  {
    paths: [".gdbinit", ".lldbinit", ".gdbearlyinit", "*-gdb.py", "*-gdb.gdb"],
    reason: "a debugger runs it when it starts",
  },
  {
    paths: [
      ".husky/**",
      ".githooks/**",
      "lefthook.yml",
      "lefthook.yaml",
      ".lefthook.yml",
      ".pre-commit-config.yaml",
      ".pre-commit-hooks.yaml",
      ".overcommit.yml",
      ".lintstagedrc*",
    ],
    reason: "git hooks run it",
  },
  {
    paths: ["sitecustomize.py", "usercustomize.py", "*.pth", "pyvenv.cfg", "python*._pth"],
    reason: "Python runs it when it starts",
  },
  {
    paths: [
      "conftest.py",
      "pytest.ini",
      "tox.ini",
      "noxfile.py",
      "jest.config.*",
      "vitest.config.*",
      "playwright.config.*",
      "karma.conf.*",
      ".mocharc.*",
      ".rspec",
      "spec_helper.rb",
    ],
    reason: "tests run it",
  },
  {
    paths: [
      "package.json",
      ".npmrc",
      ".yarnrc",
      ".yarnrc.yml",
      ".yarn/**",
      ".pnp.cjs",
      ".pnp.loader.mjs",
      ".pnpmfile.cjs",
      "pnpm-workspace.yaml",
      "bunfig.toml",
      "binding.gyp",
    ],
    reason: "an install runs commands from it",
  },
  {
    paths: [
      "setup.py",
      "setup.cfg",
      "pyproject.toml",
      "pip.conf",
      "requirements*.txt",
      "pipfile",
      "gemfile",
      ".bundle/**",
      "*.gemspec",
      "composer.json",
      "package.swift",
      "podfile",
    ],
    reason: "an install runs commands from it",
  },
  {
    paths: [".cargo/**", "build.rs", "cargo.toml", "rust-toolchain.toml", "rust-toolchain"],
    reason: "a build runs commands from it",
  },
  {
    paths: [
      "makefile",
      "gnumakefile",
      "*.mk",
      "justfile",
      "taskfile.yml",
      "taskfile.yaml",
      "cmakelists.txt",
      "cmakepresets.json",
      "meson.build",
      "configure",
      "configure.ac",
      "sconstruct",
      "rakefile",
      "gulpfile.*",
      "gruntfile.*",
      "webpack.config.*",
      "vite.config.*",
      "rollup.config.*",
      "babel.config.*",
      ".babelrc*",
      ".eslintrc*",
      "eslint.config.*",
      "postcss.config.*",
      "tailwind.config.*",
      "next.config.*",
    ],
    reason: "a build runs it",
  },
  {
    paths: [
      "gradlew",
      "gradlew.bat",
      "*.gradle",
      "*.gradle.kts",
      "gradle.properties",
      "gradle/**",
      "mvnw",
      "mvnw.cmd",
      ".mvn/**",
      "pom.xml",
      "build.sbt",
      "build.xml",
      "*.csproj",
      "*.vbproj",
      "*.fsproj",
      "directory.build.props",
      "directory.build.targets",
      "*.targets",
      "nuget.config",
      "*.sln",
    ],
    reason: "a build runs commands from it",
  },
  {
    paths: [
      ".bazelrc",
      "build.bazel",
      "workspace",
      "workspace.bazel",
      "module.bazel",
      "*.bzl",
      "buck",
      ".buckconfig",
      "flake.nix",
      "shell.nix",
      "default.nix",
      "dockerfile",
      "dockerfile.*",
      "containerfile",
      "docker-compose.y*ml",
      "compose.y*ml",
      "vagrantfile",
      "tiltfile",
    ],
    reason: "a build runs commands from it",
  },
  {
    paths: [
      ".github/workflows/**",
      ".github/actions/**",
      "action.yml",
      "action.yaml",
      ".gitlab-ci.yml",
      ".circleci/**",
      "jenkinsfile",
      ".travis.yml",
      ".drone.yml",
      ".woodpecker/**",
      ".woodpecker.yml",
      "azure-pipelines.yml",
      "bitbucket-pipelines.yml",
      ".buildkite/**",
      "appveyor.yml",
      ".appveyor.yml",
      ".cirrus.yml",
      ".forgejo/**",
      ".gitea/**",
    ],
    reason: "CI runs it when it is pushed",
  },
];

/**
 * Returns the table's row for a path in any spelling, with its rank: the lower, the sooner a tool acts. Undefined if
 * there is none.
 */
export function toolFileAt(
  path: string,
): { readonly reason: string; readonly rank: number } | undefined {
  const names = path
    .split(/[/\\]/)
    .map(foldedName)
    .filter((name) => name !== "");
  const rank = compiled.findIndex(({ matches }) => matches(names));
  const found = compiled[rank];
  return found === undefined ? undefined : { reason: found.reason, rank };
}

const compiled = toolFiles.map(({ paths, reason }) => ({ reason, matches: matcherOf(paths) }));

/** Builds a quick test: the last name settles most paths, and one expression covers the rest of a row. */
function matcherOf(paths: readonly string[]): (names: readonly string[]) => boolean {
  const plain = new Set(paths.filter((path) => !/[*/]/.test(path)));
  const others = paths.filter((path) => /[*/]/.test(path)).map(sourceOf);
  const expression = new RegExp(`/(?:${others.join("|")})$`);
  return (names) =>
    plain.has(names.at(-1) ?? "") || (others.length > 0 && expression.test(`/${names.join("/")}`));
}

/** Translates a pattern; `.vim/**` also matches `.vim` itself, which may be a link. */
function sourceOf(path: string): string {
  const source = path
    .replace(/\/\*\*$/, "")
    .replaceAll(/[.+$()|[\]]/g, String.raw`\$&`)
    .replaceAll("*", "[^/]*");
  return path.endsWith("/**") ? `${source}(?:/.*)?` : source;
}
