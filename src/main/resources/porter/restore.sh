# Unpacks a workspace: porter/restore.sh <job directory> <form>. Reads the tar archive that save.sh wrote, or one of the
# form before it, whose entries are those of the working directory (form 1).
umask 077
cd -- "$1" || exit 3
unpack=(tar -x -p -f - --no-same-owner --delay-directory-restore --quoting-style=escape)
if [ "$2" = 1 ]; then
  cd work && exec "${unpack[@]}"
  exit 3
fi
"${unpack[@]}" || exit
chmod u+rwx . work deep || exit

# Whatever the lists say, nothing is touched but the working directory's own.
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

# What was moved last belongs into what was moved before it.
mapfile -d '' -t moves <moves
for ((n = ${#moves[@]}; n > 0; n--)); do
  is_own "${moves[n - 1]}" && move "deep/$n" "${moves[n - 1]}"
done

# A path may be longer than the system takes at once.
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
chmod 700 work && rm -rf modes moves deep time
