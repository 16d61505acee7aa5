# Removes a slot user's files in shared folders and its objects in the kernel: porter/sweep.sh <job directory> [shared
# folder…]. Exits with 0 when nothing is left. As root or a system user it would remove files of others, so it refuses.
# Where nothing is to be removed it starts a single process. The worker also runs it as the second part of remove.sh.
[ "$EUID" -ge 1000 ] || exit 4
folders=("${@:2}")
# In a subshell, which becomes find.
find_own() {
  exec find "${folders[@]}" -mindepth 1 -xdev -type d ! -uid "$EUID" ! -perm -002 -prune -o -uid "$EUID" -prune "$@" 2>/dev/null
}
left=$(find_own -print -quit)
if [ -n "$left" ]; then
  (find_own -exec rm -rf -- {} +)
  if [ -n "$(find_own -print -quit)" ]; then
    # Opens folders that even their owner may not enter.
    (find_own -exec chmod -R u+rwx -- {} +)
    (find_own -exec rm -rf -- {} +)
  fi
  left=$(find_own -print -quit)
fi
# Finds the objects of a kind that the user owns or has created. A segment marked for removal does not count: it
# disappears with the last process, of another slot, that uses it.
find_objects() {
  local owner=7 lines line row
  [ "$1" != sem ] || owner=4
  objects=()
  { mapfile -t lines <"/proc/sysvipc/$1"; } 2>/dev/null || return
  for line in "${lines[@]:1}"; do
    row=($line)
    [ "${row[owner]}" = "$EUID" ] || [ "${row[owner + 2]}" = "$EUID" ] || continue
    [ "$1" = shm ] && ((8#${row[2]} & 8#1000)) || objects+=("${row[1]}")
  done
}
declare -A options=([shm]=-m [msg]=-q [sem]=-s)
for kind in shm msg sem; do
  find_objects "$kind"
  if [ ${#objects[@]} -gt 0 ]; then
    # By number, because ipcrm overlooks objects that their own user may not read when it is to remove all.
    ipcrm "${objects[@]/#/${options[$kind]}}" 2>/dev/null
    find_objects "$kind"
    [ ${#objects[@]} = 0 ] || left=$kind
  fi
done
[ -z "$left" ]
