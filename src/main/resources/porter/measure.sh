# Measures what a job has: porter/measure.sh <job directory> [shared folder…]; its processes' ids come by standard input.
# Writes three numbers in a line: bytes on disk, files and folders, bytes of memory. Disk includes what lies in shared
# folders and what is open without a name (removed files, memfd); what processes share counts once.
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
job=("$@")
mapfile -t pids
bytes=$(total -B1)
count=$(total --inodes)
nameless=$(find -L "${pids[@]/%//fd}" -maxdepth 1 -type f -links 0 -printf '%D:%i %b\n' | sort -u \
  | awk '{ sum += $2 * 512 } END { printf "%.0f", sum }')
memory=0
for pid in "${pids[@]}"; do
  found=
  while read -r key value _; do
    case $key in Pss_Anon: | Pss_Shmem: | SwapPss:) found=1 memory=$((memory + value * 1024)) ;; esac
  done <"$pid/smaps_rollup"
  # A process may keep that to itself; how much it has alone is known of every one.
  [ "$found" ] || { read -r _ all shared _ <"$pid/statm" && memory=$((memory + (all - shared) * 4096)); }
done
if [ $# -gt 1 ] && [ -r /proc/sysvipc/shm ]; then
  unattached=$(awk -v user="$EUID" 'NR > 1 && $7 == 0 && ($8 == user || $10 == user) { sum += $15 } END { printf "%.0f", sum }' /proc/sysvipc/shm)
  memory=$((memory + unattached))
fi
echo "$((bytes + nameless)) $count $memory"
