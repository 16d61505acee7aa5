# Checks whether a push arrived: pushed.sh <job directory> <url> <origin> <pin> <protocols> <commit> <branch>. Prints the
# commit when the branch has it, as its last commit or before later pushes of others.
commit=$1 branch=$2
new=$private/pushed.git
plain init -q --bare --template= "$new" && cd -- "$new" || exit 3
tip=$(remote ls-remote -q "$url" "refs/heads/$branch") || exit 5
tip=${tip%%[[:space:]]*}
[ -n "$tip" ] || exit 0
if [ "$tip" != "$commit" ]; then
  remote fetch -q "$url" "refs/heads/$branch" || exit 5
  plain merge-base --is-ancestor "$commit" FETCH_HEAD 2>/dev/null || exit 0
fi
printf '%s\n' "$commit"
