# Writes the task where the agent finds it as a file: porter/task.sh <job directory>. Reads it from standard input.
umask 077
cd -- "$1" && rm -rf task.txt && cat >task.txt
