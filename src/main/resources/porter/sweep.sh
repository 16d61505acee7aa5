# Removes what a slot's user has in shared folders and in the kernel: porter/sweep.sh <job directory> [shared folder…].
# Ends with 0 when nothing is left.
# As root, or as a user of the system's, it would remove what is no job's.
[ "$EUID" -ge 1000 ] || exit 4
find_own() {
  find "${@:2}" -mindepth 1 -xdev -type d ! -uid "$EUID" ! -perm -002 -prune -o -uid "$EUID" -prune "${action[@]}" 2>/dev/null
}
action=(-exec rm -rf -- {} +)
find_own "$@"
action=(-print -quit)
if [ -n "$(find_own "$@")" ]; then
  # What the owner may not enter, the owner may open.
  action=(-exec chmod -R u+rwx -- {} +)
  find_own "$@"
  action=(-exec rm -rf -- {} +)
  find_own "$@"
fi
left=$(action=(-print -quit) && find_own "$@")
for kind in shm msg sem; do
  if grep -qsE "^.* $EUID " "/proc/sysvipc/$kind"; then
    ipcrm --all="$kind" 2>/dev/null
  fi
done
[ -z "$left" ]
