# Pushes the commit that commit.sh has made, which comes before this; never by force.
remote push -q "$url" "$commit:refs/heads/$branch" || exit 5
