/** Echoes what clients send, one client after the other. The socket's path is argument 1. */
import { read } from './io';
import { fail, print, programArguments } from './process';
import { accept, listen, send } from './sockets';
import { ESUCCESS, fd_close } from './wasi';

export function _start(): void {
  const args = programArguments();
  const path = args.length > 1 ? args[1] : '/run/wasm-echo.sock';
  const listener = listen(path);
  if (listener < 0) fail(`Listening on ${path} failed: errno ${-listener}`);
  print(`WebAssembly echo server on ${path}`);
  while (true) {
    const fd = accept(listener);
    if (fd < 0) fail(`Accepting failed: errno ${-fd}`);
    echo(fd);
    fd_close(fd);
  }
}

const buffer = new ArrayBuffer(16 * 1024);

/** Until the client has sent all, or is gone. */
function echo(fd: i32): void {
  for (let length = read(fd, buffer); length > 0; length = read(fd, buffer)) {
    if (send(fd, buffer.slice(0, length)) !== ESUCCESS) return;
  }
}
