# Clones a repository into the working directory: clone.sh <job directory> <url> <origin> <pin> <protocols> <ref> <depth>
# <submodules> <pushed> <base> <folder of git-lfs or nothing>. Prints the commit and its branch, if it is on
# one. A working directory with files is left as it is, because its workspace has a repository. If a branch has the commit
# that an earlier attempt pushed, the clone is set back to the commit at which that attempt began.
ref=$1 depth=$2 submodules=$3 pushed=$4 base=$5 lfs=$6
cd -- "$job/work" || exit 3
if [ -n "$(ls -A)" ]; then
  # An agent may have configured this git repository to run programs, so nothing is fetched and no key is left to read.
  unset secret
  rm -f -- "$private/key" "$private/both"
  export GIT_ALLOW_PROTOCOL=none GIT_SSH_COMMAND=/bin/false
  if [ ! -d .git ]; then
    echo "the workspace has files that are no repository" >&2
    exit 4
  fi
  plain rev-parse --verify 'HEAD^{commit}' || exit 4
  plain symbolic-ref -q --short HEAD
  exit 0
fi
plain init -q . && plain remote add origin "$url" || exit 3
mkdir -p .git/info && printf '/artifacts/\n/.outpost/\n' >>.git/info/exclude || exit 3

if [ -z "$ref" ]; then
  ref=$(remote ls-remote --symref origin HEAD | sed -n 's#^ref: refs/heads/\(.*\)\tHEAD$#\1#p' | head -n 1)
  if [ -z "$ref" ]; then
    remote ls-remote -q origin >/dev/null || exit 5
    echo "the repository is empty" >&2
    exit 4
  fi
fi
case $ref in
  -* | *[[:space:]]* | *:*) echo "the branch has a name that is not taken" >&2 && exit 4 ;;
esac

found=
if [ "$depth" = 0 ]; then
  remote fetch -q --tags origin '+refs/heads/*:refs/remotes/origin/*' || exit 5
else
  remote fetch -q --depth "$depth" --no-tags origin "+refs/heads/$ref:refs/remotes/origin/$ref" 2>"$private/said" \
    || { remote fetch -q --depth "$depth" --no-tags origin "$ref" && found=FETCH_HEAD; } || exit 5
fi
if [ -z "$found" ] && plain rev-parse -q --verify "refs/remotes/origin/$ref^{commit}" >/dev/null; then
  plain checkout -q -B "$ref" "refs/remotes/origin/$ref" || exit 6
else
  for candidate in $found "refs/tags/$ref" "$ref"; do
    commit=$(plain rev-parse -q --verify "$candidate^{commit}") && break
  done
  if [ -z "$commit" ] && remote fetch -q origin "$ref"; then
    commit=$(plain rev-parse -q --verify 'FETCH_HEAD^{commit}')
  fi
  if [ -z "$commit" ]; then
    echo "there is no $ref in the repository" >&2
    exit 4
  fi
  plain checkout -q --detach "$commit" || exit 6
fi
if [ -n "$pushed" ] && plain merge-base --is-ancestor "$pushed" HEAD 2>/dev/null; then
  plain cat-file -e "$base^{commit}" 2>/dev/null \
    || remote fetch -q --depth "$depth" --no-tags origin "$base" || exit 5
  plain reset -q --hard "$base" || exit 6
fi
if [ "$submodules" = 1 ]; then
  remote submodule --quiet update --init --recursive || exit 5
fi
if [ -n "$lfs" ]; then
  # With these settings the agent's git and the later comparison see LFS files instead of references to them.
  plain config filter.lfs.clean "$lfs/git-lfs clean -- %f" && plain config filter.lfs.smudge "$lfs/git-lfs smudge --skip -- %f" \
    && plain config filter.lfs.process "$lfs/git-lfs filter-process --skip" && plain config filter.lfs.required true || exit 3
  lfs "$lfs" pull origin >&2 || exit 5
fi
plain rev-parse --verify 'HEAD^{commit}' && plain symbolic-ref -q --short HEAD
exit 0
