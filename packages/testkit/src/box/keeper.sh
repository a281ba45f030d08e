#!/bin/sh
# Keeps one box: starts it, and removes every trace of it once its owner closes our standard input, on purpose or
# by dying, or once the box has ended. Arguments: the box's directory on the host. Its file `cgroups` lists the
# cgroups to start in and to remove at the end.
set -u
dir=$1
here=${0%/*}

# Only process 1 and what it starts go into the cgroups: in a version 2 hierarchy no one may be in the box's root.
setpriv --pdeathsig KILL \
  unshare --mount --pid --net --ipc --uts --fork --kill-child sh -c '
    while read -r cgroup; do echo 0 >"$cgroup/cgroup.procs" || exit 1; done <"$2/cgroups"
    exec unshare --cgroup sh "$1/inside.sh" "$2"' sh "$here" "$dir" &
box=$!
trap '' PIPE # nobody may be there any more to read what we say

# Process 1 goes first: its parent, unshare, then reaps it. A process that is frozen does not die.
end_box() {
  kill -KILL $(cat "/proc/$box/task/$box/children") || kill -KILL "$box"
  while read -r cgroup; do find "$cgroup" -name freezer.state; done <"$dir/cgroups" | while read -r state; do echo THAWED >"$state"; done
}
exec 3<&0
(cat <&3 >/dev/null; end_box) 2>/dev/null &
watcher=$!

wait "$box"
status=$?
kill "$watcher" 2>/dev/null

# The kernel ends the box's processes on its own time; a cgroup can be removed once the last one is gone.
tries=0
while read -r cgroup; do
  while [ -d "$cgroup" ] && ! find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 500 ] || { echo "cannot remove $cgroup" >&2; status=1; break; }
    sleep 0.02
  done
done <"$dir/cgroups"
rm -rf "$dir"
exit "$status"
