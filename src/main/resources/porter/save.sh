# Packs the working directory: porter/save.sh <job directory>. Writes a tar archive to standard output, and lists entries
# that it could not pack on standard error.
# ./work     the working directory
# ./deep/N   folders that are too deep for tar to unpack by path; ./moves has the place of each
# ./modes    mode and path of entries that their owner may not read; made readable, so that tar can pack them
umask 077
chmod u+rwx -- "$1"
cd -- "$1" || exit 3
if [ -L work ] || [ ! -d work ]; then
  echo "The working directory was removed or replaced" >&2
  exit 4
fi
# The agent may have left links under these names, which chmod would follow, or folders that cannot be entered.
ours=(modes moves deep time)
rm -rf "${ours[@]}" 2>/dev/null || { find "${ours[@]}" -type d -exec chmod u+rwx {} \; ; rm -rf "${ours[@]}"; } 2>/dev/null
# A default access control list could take away our rights to files that we create.
chmod u+rwx work && mkdir deep && : >modes && : >moves && chmod 700 deep && chmod 600 modes moves || exit 3

find work \( -type d ! -perm -500 -printf '%m %p\0' -execdir chmod u+rx {} \; \) \
  -o \( -type f ! -perm -400 -printf '%m %p\0' -execdir chmod u+r {} + \) >modes 2>/dev/null

# Renames a folder and preserves its mode, and mode and time of its parent.
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
long=$(printf '?%.0s' {1..2000})'*'
while [ ${#roots[@]} -gt 0 ]; do
  # All folders are listed first, because find fails when a folder is moved during its walk.
  mapfile -d '' -t found < <(find "${roots[@]}" -mindepth 1 -type d -path "$long" -print0 -prune 2>/dev/null)
  roots=()
  for path in "${found[@]}"; do
    number=$((number + 1))
    move "$path" "deep/$number" || exit 3
    printf '%s\0' "$path" >>moves
    roots+=("deep/$number")
  done
done
rm -f time

exec tar -c -f - --format=posix --pax-option=delete=atime,delete=ctime --sparse --owner=0 --group=0 --numeric-owner \
  --warning=no-file-changed --quoting-style=escape ./modes ./moves ./deep ./work
