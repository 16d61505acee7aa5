# Pushes the commit of commit.sh, which runs before; never by force. First it uploads the commit's Git LFS files, as far as
# they are here.
lfs=$8
if [ -n "$lfs" ]; then
  stored=$job/work/.git/lfs/objects
  files=()
  while IFS= read -r oid; do
    [ ! -f "$stored/${oid:0:2}/${oid:2:2}/$oid" ] || files+=("$oid")
  done < <(plain rev-list --objects --no-object-names "$commit" "^$base" \
    | plain cat-file --batch-check='%(objecttype) %(objectsize) %(objectname)' \
    | while read -r type size name; do [ "$type" != blob ] || [ "$size" -gt 1024 ] || echo "$name"; done \
    | plain cat-file --batch | grep -aoE '^oid sha256:[0-9a-f]{64}$' | cut -c 12- | sort -u)
  [ ${#files[@]} = 0 ] || lfs "$lfs" push --object-id "$url" "${files[@]}" >&2 || exit 5
fi
remote push -q "$url" "$commit:refs/heads/$branch" || exit 5
