# Empties a job's directory: porter/remove.sh <job directory>. Exits with 0 when it is empty. The worker removes the
# directory itself; from then on the next job of the workspace may have one of that name. A worker that is root lets a
# slot's user remove that user's files; root itself removes no other user's files.
[ "$EUID" -ge 1000 ] || [ -O "$1" ] || exit 4
cd / || exit 3
remove() {
  # One process is enough for most jobs, however many files they left: it reads names in small parts.
  find "$1" -mindepth 1 -delete 2>/dev/null && return
  for try in 1 2 3; do
    # Opens folders that even their owner may not enter; other users that the job let in must not create more files.
    chmod -R u+rwx,go-w -- "$1" 2>/dev/null
    find "$1" -mindepth 1 -maxdepth 1 -exec rm -rf -- {} + 2>/dev/null
    [ -z "$(find "$1" -mindepth 1 -print -quit 2>&1)" ] && return
  done
  # Folders of other users are left, with the path to them: those users remove their contents.
  [ -z "$(find "$1" ! -user "$EUID" -print -quit 2>/dev/null)" ] || chmod -R go+rx -- "$1" 2>/dev/null
  return 1
}
remove "$1" || exit 1
