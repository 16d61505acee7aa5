# Writes an input file of the job: porter/input.sh <job directory>. Standard input is its path below the working directory, a
# zero byte, and its content. A file of a workspace or a repository there is replaced; links are not followed. Exits with 4
# when a link or a folder blocks the path.
umask 077
refuse() {
  cat >/dev/null
  exit 4
}
IFS= read -r -d '' path
cd -- "$1" && [ ! -L work ] && cd -P work || exit 3
while [[ $path == */* ]]; do
  folder=${path%%/*} path=${path#*/}
  [ ! -L "./$folder" ] && mkdir -p -- "./$folder" 2>/dev/null && cd -P -- "./$folder" 2>/dev/null || refuse
done
if [ -d "./$path" ] || ! rm -f -- "./$path" 2>/dev/null; then
  refuse
fi
cat >"./$path" || exit 3
