# Creates the commit of a job's changes: commit.sh <job directory> <url> <origin> <pin> <protocols> <base> <tree> <head>
# <branch> <name> <email> <time>. Standard input is a secret or nothing, then a zero byte and the message. Prints the
# commit, or nothing when nothing changed; the same arguments make the same commit. A new repository gets only the objects
# of the job's repository: no configuration, no hook.
base=$1 tree=$2 head=$3 branch=$4
export GIT_AUTHOR_NAME=$5 GIT_AUTHOR_EMAIL=$6 GIT_COMMITTER_NAME=$5 GIT_COMMITTER_EMAIL=$6
export GIT_AUTHOR_DATE="@$7 +0000" GIT_COMMITTER_DATE="@$7 +0000"
new=$private/push.git
plain init -q --bare --template= "$new" || exit 3
mkdir -p "$new/objects/info" && printf '%s\n' "$job/work/.git/objects" >"$new/objects/info/alternates" || exit 3
grep -xE '[0-9a-f]{40}|[0-9a-f]{64}' "$job/work/.git/shallow" >"$new/shallow" 2>/dev/null || rm -f -- "$new/shallow"
cd -- "$new" || exit 3
plain merge-base --is-ancestor "$base" "$head" || head=$base
if [ "$(plain rev-parse --verify "$head^{tree}")" = "$tree" ]; then
  [ "$head" != "$base" ] || exit 0
  commit=$head
else
  commit=$(printf '%s' "$message" | plain commit-tree "$tree" -p "$head") || exit 4
fi
printf '%s\n' "$commit"
