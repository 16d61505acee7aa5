# Measures a job's use of memory and disk: porter/measure.sh <job directory> [shared folder…]; standard input has the ids of
# its processes. Writes six numbers in a line: bytes on disk; files and folders; bytes of memory; processes that hide their
# open files; places that cannot be seen into (sockets with open files in transit, folders closed to their own user); and
# the bytes of these disks, and of memory for files, that all users together use. The disk includes files in shared folders
# and open files without a name (removed files, memfd). Memory shared by processes counts once. Files in memory also count
# as memory, unless they are mapped and so counted already.
shopt -s nullglob
files() {
  printf '%s\0' "$1"
  [ $# -gt 1 ] && find "${@:2}" -mindepth 1 -xdev -type d ! -uid "$EUID" ! -perm -002 -prune -o -uid "$EUID" -prune -print0
}
total() {
  local sum=0
  read -r sum _ < <(files "${job[@]}" | du -s -c "$@" --files0-from=- | tail -n 1)
  echo "${sum:-0}"
}
# A process can hide its open files by running a program that its user may not read. Zombies do not count, nor do our
# helpers, which have another real user.
is_hidden() {
  [ ! -r "$1/fd" ] && awk -v user="$EUID" '/^State:/ && $2 ~ /[ZX]/ { exit 1 } /^Uid:/ { exit $2 != user }' "$1/status" 2>/dev/null
}
job=("$@")
mapfile -t pids
bytes=$(total -B1)
count=$(total --inodes)
mapfile -t open < <(find -L "${pids[@]/%//fd}" -maxdepth 1 -type f -links 0 -printf '%D:%i %b %p\n' | sort -u -k 1,1)
nameless=$(printf '%s\n' "${open[@]}" | awk '{ sum += $2 * 512 } END { printf "%.0f", sum }')
# Files in memory, whether mapped or not: memfd, and files of a tmpfs.
in_memory=$({
  printf '%s\0' "${open[@]##* }" | xargs -0 -r stat -L -f -c '%T %n' 2>/dev/null | sed -n 's/^tmpfs //p' \
    | awk 'NR == FNR { is[$0] = 1; next } is[$3] { print $2 }' - <(printf '%s\n' "${open[@]}")
  for folder in "${@:2}"; do
    [ "$(stat -f -c %T "$folder")" != tmpfs ] || find "$folder" -xdev -uid "$EUID" -type f -printf '%b\n' 2>/dev/null
  done
} | awk '{ sum += $1 * 512 } END { printf "%.0f", sum }')
memory=0
mapped=0
hidden=0
for pid in "${pids[@]}"; do
  if is_hidden "$pid"; then
    hidden=$((hidden + 1))
    read -r _ all _ <"$pid/statm" && memory=$((memory + all * 4096))
    continue
  fi
  found=
  while read -r key value _; do
    case $key in
      Pss_Anon: | SwapPss:) found=1 memory=$((memory + value * 1024)) ;;
      Pss_Shmem:) mapped=$((mapped + value * 1024)) ;;
    esac
  done <"$pid/smaps_rollup"
  # Not every kernel reports that; the private memory of each process is always known.
  [ "$found" ] || { read -r _ all shared _ <"$pid/statm" && memory=$((memory + (all - shared) * 4096)); }
done
if [ $# -gt 1 ] && [ -r /proc/sysvipc/shm ]; then
  unattached=$(awk -v user="$EUID" 'NR > 1 && $7 == 0 && ($8 == user || $10 == user) { sum += $15 } END { printf "%.0f", sum }' /proc/sysvipc/shm)
  memory=$((memory + unattached))
fi
sent=$(find "${pids[@]/%//fd}" -maxdepth 1 -lname 'socket:*' -printf '%h\t%f\0' | while IFS=$'\t' read -r -d '' at number; do
  printf '%s\0' "${at%/fd}/fdinfo/$number"
done | xargs -0 -r grep -hsE '^scm_fds:[[:space:]]*[1-9]' | wc -l)
closed=$(files "${job[@]}" | find -files0-from - -xdev -type d -uid "$EUID" ! -perm -500 -prune -printf x 2>/dev/null | wc -c)
memory=$((memory + (mapped > in_memory ? mapped : in_memory)))
taken=$({
  stat -f -c '%i %T %b %f %S' "$@" | sort -u -k 1,2 | awk '$2 != "tmpfs" { print ($3 - $4) * $5 }'
  awk '$1 == "Shmem:" { print $2 * 1024 }' /proc/meminfo
} | awk '{ sum += $1 } END { printf "%.0f", sum }')
echo "$((bytes + nameless)) $count $memory $hidden $((sent + closed)) $taken"
