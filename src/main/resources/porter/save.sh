# Packs the working directory: porter/save.sh <job directory>. Writes a tar archive to standard output, and what it could
# not pack to standard error.
# ./work     the working directory
# ./deep/N   folders that were too deep for tar to unpack by their path; ./moves says where each belongs
# ./modes    mode and path of what its owner may not read; readable here, so that tar can pack it
umask 077
cd -- "$1" || exit 3
if [ -L work ] || [ ! -d work ]; then
  echo "The working directory was removed or replaced" >&2
  exit 4
fi
chmod -R u+rwx modes moves deep 2>/dev/null
rm -rf modes moves deep
chmod u+rwx . work && mkdir deep && : >modes && : >moves || exit 3

find work \( -type d ! -perm -500 -printf '%m %p\0' -execdir chmod u+rx {} \; \) \
  -o \( -type f ! -perm -400 -printf '%m %p\0' -execdir chmod u+r {} + \) >modes 2>/dev/null

# Renames a folder and leaves its own mode, and mode and time of where it was, as they were.
move() {
  local parent=${1%/*} mode parent_mode
  mode=$(stat -c %a -- "$1") && parent_mode=$(stat -c %a -- "$parent") || return
  touch -r "$parent" time && chmod u+rwx -- "$1" "$parent" && mv -T -- "$1" "$2"
  touch -r time -- "$parent"
  chmod "$parent_mode" -- "$parent"
  chmod "$mode" -- "$2"
}

number=0
roots=(work)
while [ ${#roots[@]} -gt 0 ]; do
  next=()
  while IFS= read -r -d '' path; do
    # A folder of this length may be in one that has just been moved.
    if [ ${#path} -ge 2000 ] && [ ${#path} -lt 2300 ] && [ -d "$path" ]; then
      number=$((number + 1))
      move "$path" "deep/$number" || exit 3
      printf '%s\0' "$path" >>moves
      next+=("deep/$number")
    fi
  done < <(find "${roots[@]}" -mindepth 7 -type d -print0 2>/dev/null)
  roots=("${next[@]}")
done
rm -f time

exec tar -c -f - --format=posix --pax-option=delete=atime,delete=ctime --sparse --owner=0 --group=0 --numeric-owner \
  --warning=no-file-changed --quoting-style=escape ./modes ./moves ./deep ./work
