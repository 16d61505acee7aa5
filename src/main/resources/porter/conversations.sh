# Has the folder in which an agent keeps its conversations be saved with the workspace:
# porter/conversations.sh <job directory> <folder below the home>. Something else in its place is the agent's own affair.
umask 077
cd -- "$1" || exit
kept="$1/work/.outpost/$2"
mkdir -p -- "$kept" 2>/dev/null || exit 0
mkdir -p -- "home/${2%/*}" && ln -s -- "$kept" "home/$2"
