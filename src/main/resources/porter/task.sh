# Writes the task from standard input to the agent's task file: porter/task.sh <job directory>.
umask 077
cd -- "$1" && rm -rf task.txt && cat >task.txt
