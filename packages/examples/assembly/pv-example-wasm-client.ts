/** Asks an HTTP service through the mesh every 5 seconds. The socket's path is argument 1. */
import { read } from './io';
import { print, programArguments, readable, sleep } from './process';
import { connect, send } from './sockets';
import { ENOENT, ESUCCESS, ETIMEDOUT, fd_close } from './wasi';

const request = 'GET /info HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
const patience = 10;
/** As much of an answer as is looked at. */
const buffer = new ArrayBuffer(16 * 1024);

export function _start(): void {
  const args = programArguments();
  const path = args.length > 1 ? args[1] : '/run/pv/services/network-manager.sock';
  while (true) {
    print(`--- Requesting info from network-manager service via ${path} ---`);
    print(ask(path));
    sleep(5);
  }
}

/** The answer's body, or what went wrong. */
function ask(path: string): string {
  const fd = connect(path);
  if (fd === -ENOENT) return `Socket ${path} not found!`;
  if (fd < 0) return `Connecting to ${path} failed: errno ${-fd}`;
  const errno = send(fd, String.UTF8.encode(request));
  const length = errno === ESUCCESS ? receive(fd) : -errno;
  fd_close(fd);
  return length < 0 ? `The service did not answer: errno ${-length}` : bodyOf(String.UTF8.decode(buffer.slice(0, length)));
}

/** Reads to the end of the connection, or until the buffer is full: how many bytes came; an errno is a negative number. */
function receive(fd: i32): i32 {
  let length = 0;
  while (length < buffer.byteLength) {
    if (!readable(fd, patience)) return -ETIMEDOUT;
    const came = read(fd, buffer, length);
    if (came <= 0) return came < 0 ? came : length;
    length += came;
  }
  return length;
}

/** As it came: the service of the example sends no chunks. */
function bodyOf(answer: string): string {
  const head = answer.indexOf('\r\n\r\n');
  return head < 0 ? 'The service did not answer with HTTP.' : answer.slice(head + 4).trimEnd();
}
