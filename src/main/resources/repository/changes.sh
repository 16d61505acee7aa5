# Writes a job's changes in its repository to its artifacts, as changes.patch and changed-files.txt:
# changes.sh <job directory> <commit that it began with>. Prints the tree of the current files and the agent's last commit.
# The agent may have configured git to run programs; these have no secret and are confined as the agent was.
umask 077
job=$1 base=$2
cd -- "$job/work" 2>/dev/null || exit 3
private=$(mktemp -d -- "$job/tmp/git.XXXXXX") || exit 3
trap 'rm -rf -- "$private"' EXIT
export HOME=$private GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_TERMINAL_PROMPT=0 GIT_INDEX_FILE=$private/index
plain() { git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.autocrlf=false -c core.safecrlf=false "$@"; }
changes() { plain diff --cached --no-ext-diff --no-textconv --no-color --no-renames "$@" "$base" --; }

plain cat-file -e "$base^{commit}" || exit 4
plain read-tree "$base" \
  && plain add -A . \
  && plain reset -q "$base" -- artifacts .outpost \
  && tree=$(plain write-tree) || exit 4
[ ! -L artifacts ] || rm -f -- artifacts
mkdir -p -- artifacts && rm -rf -- artifacts/changes.patch artifacts/changed-files.txt || exit 4
changes --binary --full-index >artifacts/changes.patch || exit 4
changes --name-status >artifacts/changed-files.txt || exit 4
printf '%s\n' "$tree"
plain rev-parse -q --verify 'HEAD^{commit}' || printf '%s\n' "$base"
