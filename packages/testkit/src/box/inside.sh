#!/bin/sh
# Process 1 of a box. Gives it a private view of everything that the runtime writes to, prints `ready <pid on the
# host>`, then stays, as the parent of orphans. What the box mounts and writes is gone with it.
# Argument: the box's directory on the host, with the files
#   shared       directories that stay those of the host, one a line
#   hierarchies  cgroup hierarchies to mount, one a line: <mount point> <type> <options>
#   storage      options of the tmpfs that is the storage
set -eu
dir=$1
read -r pid _ </proc/self/stat # still the host's /proc
private=$dir/private

# Moves what is mounted at $private$1 over $1, with the shared directories below it kept reachable. What the host has
# mounted below $1 goes: it would be out of reach, and still be listed among the mounts.
put_over() {
  while read -r shared; do
    case $shared in
      "$1"/*) mkdir -p "$private$shared"; mount -n --bind "$shared" "$private$shared" ;;
    esac
  done <"$dir/shared"
  cut -d' ' -f5 /proc/self/mountinfo | sed 's/\\/\\0/g' | tac | while read -r point; do
    case $point in
      "$private"*) ;;
      "$1"/*) umount -n -l "$(printf %b "$point")" ;;
    esac
  done
  mount -n --move "$private$1" "$1"
}

private_tmpfs() {
  mkdir -p "$private$1"
  mount -n -t tmpfs -o "$2" tmpfs "$private$1"
  put_over "$1"
}

private_copy() {
  mkdir -p "$private$1" "$private/upper$1" "$private/work$1"
  mount -n -t overlay -o "lowerdir=$1,upperdir=$private/upper$1,workdir=$private/work$1" overlay "$private$1"
  put_over "$1"
}

# Seen from the box's cgroup namespace, its own cgroups are the roots.
mount_cgroups() {
  umount -n -l -R /sys/fs/cgroup
  grep -q '^/sys/fs/cgroup ' "$dir/hierarchies" || mount -n -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
  while read -r point type options; do
    mkdir -p "$point"
    mount -n -t "$type" ${options:+-o "$options"} cgroup "$point"
    [ "$type" != cgroup2 ] || delegate "$point"
  done <"$dir/hierarchies"
}

# In a version 2 hierarchy a cgroup with processes of its own cannot hand controllers to its children. The leaf has
# the name that it has under systemd: LXC knows to look above it.
delegate() {
  mkdir -p "$1/init.scope"
  echo 0 >"$1/init.scope/cgroup.procs"
  for controller in $(cat "$1/cgroup.controllers"); do
    # The host may take a controller away in the meantime; one that is still there has to come.
    { echo "+$controller" >"$1/cgroup.subtree_control"; } 2>/dev/null ||
      if grep -qw "$controller" "$1/cgroup.controllers"; then echo "cannot hand on $controller" >&2; exit 1; fi
  done
}

echo pv-box >/proc/sys/kernel/hostname
umount -n -l -R /proc
mount -n -t proc proc /proc
mount -n -t tmpfs -o mode=755 tmpfs "$private"
private_copy /etc
private_copy /var
private_tmpfs /run mode=755
private_tmpfs /dev/shm mode=1777
mount -n -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts /dev/pts
mkdir -p /run/lock /var/lib/lxc /var/pantavisor/storage
mount -n -t tmpfs -o mode=755 tmpfs /var/lib/lxc
mount -n -t tmpfs -o "mode=755,$(cat "$dir/storage")" tmpfs /var/pantavisor/storage
mount_cgroups
private_tmpfs /tmp mode=1777 # last: it covers the way to $private

echo "ready $pid"
exec >/dev/null
while :; do
  sleep 86400 &
  wait "$!" # and for every orphan
done
