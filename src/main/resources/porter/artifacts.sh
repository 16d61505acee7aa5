# Hands over what the agent left for its customer: porter/artifacts.sh <job directory> <most>. Writes how many files there
# are, in a line, and then the first of them as a tar archive; what else there is, to standard error.
[ -L "$1/work" ] || chmod u+rwx -- "$1" "$1/work" 2>/dev/null
cd -- "$1/work" 2>/dev/null || { echo 0; exit; }
if [ -L artifacts ] || ! cd -P artifacts 2>/dev/null; then
  [ -L artifacts ] && echo "artifacts is a link" >&2
  echo 0
  exit
fi
own=(find . -type f -uid "$EUID")
"${own[@]}" -printf x 2>/dev/null | wc -c
others=$(find . ! -type d \( ! -type f -o ! -uid "$EUID" \) -printf x | wc -c)
[ "$others" = 0 ] || echo "$others links, pipes, sockets or files of other users" >&2
"${own[@]}" -printf '%P\0' 2>/dev/null | sort -z -S 32M -T "$1/tmp" | head -z -n "$2" \
  | tar -c -f - --format=posix --pax-option=delete=atime,delete=ctime --owner=0 --group=0 --numeric-owner \
    --null --no-recursion --verbatim-files-from --warning=no-file-changed --quoting-style=escape -T -
