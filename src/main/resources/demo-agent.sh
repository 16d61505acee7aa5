#!/bin/sh
# Stands in for an agent whose program is not installed: a real process that calls no model.
# Its one argument is the agent's name; the task arrives on standard input.
#
# It obeys these words in the task, in their order, and ignores all others:
#   sleep <seconds>           waits
#   print <n>[k|m] bytes      prints that many bytes, in lines of 80
#   fail <code>               ends with that exit code
set -fu
agent=$1
task=$(cat)

echo "demo $agent: no model is called; this is what I was asked:"
printf '%s\n' "$task"

echo run >> demo-runs.txt
mkdir -p artifacts
printf '%s\n' "$task" > artifacts/task.txt
echo "demo $agent: run $(wc -l < demo-runs.txt | tr -d ' ') in this directory; the task is in artifacts/task.txt"

# Splits the task into words, and strips punctuation after numbers.
# shellcheck disable=SC2086
set -- $task
while [ $# -ge 2 ]; do
  number=${2%%[!0-9]*}
  case "$1:$number" in
    sleep:?*) sleep "$number" ;;
    fail:?*)
      echo "demo $agent: failing with code $number" >&2
      exit "$number"
      ;;
    print:?*)
      if [ "${3%%[!a-z]*}" = bytes ]; then
        case $2 in
          *k) number=$((number * 1024)) ;;
          *m) number=$((number * 1048576)) ;;
        esac
        yes "demo $agent demo $agent demo $agent demo $agent demo $agent demo $agent demo $agent demo" |
          cut -c1-79 | head -c "$number"
        echo
      fi
      ;;
  esac
  shift
done
echo "demo $agent: done"
