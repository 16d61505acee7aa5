# Reads the agent's artifacts: porter/artifacts.sh <job directory> <most> <bytes>. Writes the number of files in a line,
# then a tar archive with the first files up to both limits. Lists left-out entries on standard error.
# Opens a folder that its own user may not use.
open() {
  [ -O "$1" ] && [ -r "$1" ] && [ -w "$1" ] && [ -x "$1" ] || chmod u+rwx -- "$1" 2>/dev/null
}
open "$1"
cd -- "$1" 2>/dev/null && [ ! -L work ] && open work && cd -P work 2>/dev/null || { echo 0; exit; }
if [ -L artifacts ] || [ ! -d artifacts ]; then
  [ -L artifacts ] && echo "artifacts is a link" >&2
  echo 0
  exit
fi
mode=$(stat -c %a artifacts)
chmod u+rwx artifacts
cd -P artifacts 2>/dev/null || { echo 0; exit; }
own=(find . -type f -uid "$EUID")
"${own[@]}" -printf x 2>/dev/null | wc -c
others=$(find . ! -type d \( ! -type f -o ! -uid "$EUID" \) -printf x | wc -c)
[ "$others" = 0 ] || echo "$others links, pipes, sockets or files of other users" >&2
# A sparse file counts with its apparent size, because reading it takes as long.
"${own[@]}" -printf '%s %P\0' 2>/dev/null | sort -z -k2 -S 32M -T "$1/tmp" | head -z -n "$2" \
  | awk -v left="$3" 'BEGIN { RS = ORS = "\0" } $1 <= left { left -= $1; print substr($0, index($0, " ") + 1) }' \
  | tar -c -f - --format=posix --pax-option=delete=atime,delete=ctime --owner=0 --group=0 --numeric-owner \
    --null --hard-dereference --no-recursion --verbatim-files-from --warning=no-file-changed --quoting-style=escape -T -
chmod "$mode" .
