/**
 * The two scripts that run inside a container, by its own /bin/sh: fixed texts, in which nothing is ever inserted. What
 * varies reaches them as arguments. They use builtins only, for a container may have no other programs.
 */

/** Arguments: a user's name or number. Prints `uid gid`; ends with 1 when /etc/passwd knows no such user. */
export const findUser = `
while IFS=: read -r name _ uid gid _; do
  if [ "$name" = "$1" ] || [ "$uid" = "$1" ]; then echo "$uid $gid"; exit 0; fi
done 2>/dev/null </etc/passwd
exit 1
`;

/** Arguments: the uid it runs as, then the command, if any. Becomes that user's login shell, or the command in /bin/sh as a login shell. */
export const logIn = `
uid=$1
shift
USER=$uid HOME=/ SHELL=/bin/sh
[ "$uid" != 0 ] || USER=root HOME=/root
while IFS=: read -r name _ id _ _ home shell; do
  [ "$id" = "$uid" ] || continue
  USER=$name HOME=$home SHELL=$shell
  break
done 2>/dev/null </etc/passwd
LOGNAME=$USER
[ -n "$HOME" ] || HOME=/
[ -x "$SHELL" ] || SHELL=/bin/sh
export USER LOGNAME HOME SHELL
cd "$HOME" 2>/dev/null
[ $# -gt 0 ] || exec "$SHELL" -l
exec /bin/sh -l -c 'exec "$@"' sh "$@"
`;
