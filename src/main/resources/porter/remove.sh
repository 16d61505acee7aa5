# Empties a job's directory: porter/remove.sh <job directory>. Ends with 0 when nothing is left in it.
# The directory itself is the worker's to remove: from then on the next job of the workspace has one of that name.
# A worker that is root has a slot's user remove that user's own: root itself removes nothing of another's.
[ "$EUID" -ge 1000 ] || [ -O "$1" ] || exit 4
cd / || exit 3
for try in 1 2 3; do
  find "$1" -mindepth 1 -maxdepth 1 -exec rm -rf -- {} + 2>/dev/null
  [ -z "$(find "$1" -mindepth 1 -print -quit 2>&1)" ] && exit 0
  # What the owner may not enter, the owner may open; whom the job let in must not go on making files.
  chmod -R u+rwx,go-w -- "$1" 2>/dev/null
done
# Folders of other users are left, and what leads to them: those users remove what is in them.
[ -z "$(find "$1" ! -user "$EUID" -print -quit 2>/dev/null)" ] || chmod -R go+rx -- "$1" 2>/dev/null
exit 1
