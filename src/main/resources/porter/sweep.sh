# Removes a slot user's files in shared folders and its objects in the kernel: porter/sweep.sh <job directory> [shared
# folder…]. Exits with 0 when nothing is left. As root or a system user it would remove files of others, so it refuses.
[ "$EUID" -ge 1000 ] || exit 4
find_own() {
  find "${@:2}" -mindepth 1 -xdev -type d ! -uid "$EUID" ! -perm -002 -prune -o -uid "$EUID" -prune "${action[@]}" 2>/dev/null
}
action=(-exec rm -rf -- {} +)
find_own "$@"
action=(-print -quit)
if [ -n "$(find_own "$@")" ]; then
  # Opens folders that even their owner may not enter.
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
# A segment marked for removal disappears with the last process, of another slot, that uses it.
kept=$(awk -v user="$EUID" 'FNR > 1 { own = FILENAME ~ /sem$/ ? 5 : 8
    if (($own == user || $(own + 2) == user) && !(FILENAME ~ /shm$/ && $3 >= 1000)) print }' \
  /proc/sysvipc/shm /proc/sysvipc/msg /proc/sysvipc/sem 2>/dev/null)
[ -z "$left$kept" ]
