export const help = `Usage: pventer -c NAME [options] [COMMAND [ARGUMENTS]]

Runs COMMAND in the container NAME, in root's login shell there; without COMMAND, that shell itself.
COMMAND and its arguments arrive word by word: no shell of the host sees them.

Options:
  -c, --container NAME  the container (mandatory)
  -u, --user USER       a name or number that the container knows; root if not given
      --direct          run COMMAND without a login shell, for a container that has no /bin/sh
  -h, --help            show this help
      --version         show the version

Environment:
  LXC_PATH              where LXC keeps containers; LXC's own default if not set
  PVUSER                the user, without -u
  PVDEBUG               not empty: show what is run

Exit codes: the command's own, 128 and a signal's number when one ended it; 126, 127 the command
cannot be run; 1 wrong usage, or the container does not run; 127 also without LXC's programs.

Examples:
  pventer -c pv-example-unix-client
  pventer -c pv-example-unix-client ls -l /run/pv/services
`;
