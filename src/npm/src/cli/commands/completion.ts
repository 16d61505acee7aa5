import { Argument, type Command, type Option } from "commander";
import { write } from "../print.js";

// Each script asks the program, so that it stays right when commands change. Without an answer the shell offers files.
const SCRIPTS = {
  bash: `# eval "$(outpost completion bash)", for example in ~/.bashrc
_outpost() {
  local IFS=$'\\n'
  COMPREPLY=($(outpost completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _outpost outpost
`,
  zsh: `# eval "$(outpost completion zsh)", for example in ~/.zshrc behind compinit
_outpost() {
  local -a found
  found=("\${(@f)$(outpost completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then compadd -- $found; else _files; fi
}
compdef _outpost outpost
`,
  fish: `# outpost completion fish | source, for example in ~/.config/fish/config.fish
complete -c outpost -a '(outpost completion words -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
};

/** `outpost completion`: scripts that complete commands in a shell. */
export function addCompletion(program: Command): void {
  program
    .command("completion")
    .description("print a script that completes commands in your shell")
    .addArgument(new Argument("<shell>", "bash, zsh or fish").choices([...Object.keys(SCRIPTS), "words"]))
    .argument("[words...]", "for the scripts: the words typed so far, the last one incomplete")
    .action(async (shell: keyof typeof SCRIPTS | "words", words: string[]) => {
      if (shell !== "words") return write(SCRIPTS[shell]);
      const found = candidates(program, words);
      if (found.length > 0) await write(`${found.join("\n")}\n`);
    });
}

/** The words that the last word may be completed to. */
export function candidates(program: Command, words: string[]): string[] {
  const typed = words.at(-1) ?? "";
  let command = program;
  let wants: Option | undefined;
  for (const word of words.slice(0, -1)) {
    if (wants) {
      wants = undefined;
    } else if (word.startsWith("-")) {
      wants = optionsOf(command).find(option => (option.short === word || option.long === word) && !option.isBoolean());
    } else {
      command = command.commands.find(sub => sub.name() === word) ?? command;
    }
  }
  const all = wants
    ? (wants.argChoices ?? [])
    : typed.startsWith("-")
      ? [...optionsOf(command).map(option => option.long!), "--help"]
      : [...command.commands.map(sub => sub.name()), ...command.registeredArguments.flatMap(a => a.argChoices ?? [])];
  return all.filter(word => word.startsWith(typed) && word !== "words");
}

/** A command's options with those of its groups, and those of `list`, the default command of a group. */
function optionsOf(command: Command): Option[] {
  const implied = command.commands.find(sub => sub.name() === "list");
  return [...(implied?.options ?? []), ...command.options, ...(command.parent ? ofGroups(command.parent) : [])];
}

function ofGroups(command: Command): Option[] {
  return [...command.options, ...(command.parent ? ofGroups(command.parent) : [])];
}
