# Unpacks a workspace: porter/restore.sh <job directory> <form>. Reads a tar archive of save.sh, or one of the older form 1,
# whose entries are those of the working directory. Lists entries that cannot be unpacked on standard error and still exits
# with 0; it fails when unpacking could succeed elsewhere or later.
umask 077
cd -- "$1" || exit 3

# Endings of messages about the machine or a broken archive, not about an entry; file names before them may be any text.
passing='No space left on device|Disk quota exceeded|Input/output error|Cannot allocate memory|memory exhausted|Too many open files'
passing+='|Read-only file system|Unexpected EOF in archive|This does not look like a tar archive|Skipping to next header'

unpack() {
  local code
  tar -x -p -f - --no-same-owner --delay-directory-restore --warning=no-timestamp --quoting-style=escape 2>"$1"
  code=$?
  grep -v -e 'Exiting with failure status' -- "$1" | head -c 8000 >&2
  [ $code -eq 0 ] || {
    [ $code -le 2 ] && ! grep -qE "($passing)\$" -- "$1"
  }
}

if [ "$2" = 1 ]; then
  cd work && unpack ../errors || exit 3
  rm -f ../errors
  exit 0
fi
unpack errors && chmod u+rwx . work deep || exit 3

# Only entries of the working directory are touched, whatever the lists contain.
is_own() {
  case "$1/" in
    */../* | *//*) return 1 ;;
    work/?* | deep/?*) return 0 ;;
  esac
  return 1
}

# As in save.sh, with the parent at the other end.
move() {
  local parent=${2%/*} mode parent_mode
  mode=$(stat -c %a -- "$1") && parent_mode=$(stat -c %a -- "$parent") || return
  touch -r "$parent" time && chmod u+rwx -- "$1" "$parent" && mv -T -- "$1" "$2" || return
  touch -r time -- "$parent"
  chmod "$parent_mode" -- "$parent"
  chmod "$mode" -- "$2"
}

# Folders are moved back in reverse order, because a later one belongs into an earlier one.
mapfile -d '' -t moves <moves
for ((n = ${#moves[@]}; n > 0; n--)); do
  is_own "${moves[n - 1]}" && move "deep/$n" "${moves[n - 1]}" 2>/dev/null \
    || printf 'A folder at depth could not be put back: %q\n' "${moves[n - 1]}" >&2
done

# A path may be longer than the system accepts at once.
give_mode() (
  path=$2
  while [ ${#path} -gt 3000 ]; do
    near=${path:0:3000}
    near=${near%/*}
    cd -P -- "./$near" 2>/dev/null || exit
    path=${path:${#near}+1}
  done
  chmod "$1" -- "./$path"
)
mapfile -d '' -t modes <modes
for ((n = ${#modes[@]}; n > 0; n--)); do
  entry=${modes[n - 1]}
  mode=${entry%% *} path=${entry#* }
  is_own "$path" || continue
  if [ ${#path} -gt 3000 ]; then
    give_mode "$mode" "$path"
  else
    chmod "$mode" -- "$path"
  fi
done 2>/dev/null
chmod 700 work
rm -rf errors modes moves deep time
