# Pushes the commit of commit.sh, which runs before; never by force. First it uploads the commit's Git LFS files, as far as
# they are here, after comparing each with the hash that is its name, because an agent may have left a link in its place.
lfs=$8
stored=$job/work/.git/lfs/objects
plain rev-list --objects --no-object-names "$commit" "^$base" \
  | plain cat-file --batch-check='%(objecttype) %(objectsize) %(objectname)' \
  | while read -r type size name; do [ "$type" != blob ] || [ "$size" -gt 1024 ] || echo "$name"; done \
  | plain cat-file --batch | grep -aoE '^oid sha256:[0-9a-f]{64}$' | cut -c 12- | sort -u \
  | while IFS= read -r oid; do [ ! -f "$stored/${oid:0:2}/${oid:2:2}/$oid" ] || echo "$oid"; done >"$private/files"
if [ -s "$private/files" ]; then
  if [ -z "$lfs" ]; then
    echo "files of Git LFS were changed: ask for them with repository.lfs" >&2
    exit 4
  fi
  while IFS= read -r oid; do
    sum=$(sha256sum <"$stored/${oid:0:2}/${oid:2:2}/$oid")
    if [ "${sum%% *}" != "$oid" ]; then
      echo "a file of Git LFS is not what its name says: $oid" >&2
      exit 4
    fi
  done <"$private/files"
  lfs "$lfs" push --object-id "$url" --stdin <"$private/files" >&2 || exit 5
fi
remote push -q "$url" "$commit:refs/heads/$branch" || exit 5
