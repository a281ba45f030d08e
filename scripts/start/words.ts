/** What npm start says. */

export const usage = `npm start -- [options]

Installs what is missing, builds, and boots the example containers on this machine.

  --once    boot, see a message go through the mesh and back, stop; for scripts
  --help    this text

Ctrl-C stops everything. Nothing is left behind.
`;

export const farewell = '==> stopped; nothing is left behind';

export function welcome({ dist, run }: { readonly dist: string; readonly run: string }): string {
  return `  In another terminal, as root:

    export PATH="${dist}/bin:$PATH"
    pvcontrol ls                                  # the containers
    pvcontrol container stop pv-example-stubborn  # and: start, restart
    pvcontrol graph ls                            # the mesh
    pvcontrol daemons ls
    pventer -c pv-example-unix-client             # a shell in a container
    pvcurl --unix-socket ${run}/pv-ctrl http://localhost/containers
    lxc-ls -f

  Logs:

    tail -f ${run}/logs/0/pantavisor/pantavisor.log
    tail -f ${run}/logs/0/pv-example-unix-client/lxc/console.log

  Ctrl-C here stops everything.
`;
}
