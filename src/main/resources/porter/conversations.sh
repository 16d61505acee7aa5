# Links the folder with an agent's conversations into the workspace, so that it is saved with it:
# porter/conversations.sh <job directory> <folder below the home>. If the agent puts something else there, it is not saved.
umask 077
cd -- "$1" || exit
kept="$1/work/.outpost/$2"
mkdir -p -- "$kept" 2>/dev/null || exit 0
mkdir -p -- "home/${2%/*}" && ln -s -- "$kept" "home/$2"
