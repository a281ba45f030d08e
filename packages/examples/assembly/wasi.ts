/** What a module may ask the runtime for: WASI preview 1, and the sockets that WasmEdge adds to it. Each answers an errno, 0 is success. */

export const ESUCCESS = 0;
export const EBADF = 8;
export const ENAMETOOLONG = 37;
export const ENOENT = 44;
export const ETIMEDOUT = 73;

@external("wasi_snapshot_preview1", "args_sizes_get")
export declare function args_sizes_get(count: usize, bytes: usize): i32;
@external("wasi_snapshot_preview1", "args_get")
export declare function args_get(pointers: usize, buffer: usize): i32;
@external("wasi_snapshot_preview1", "environ_sizes_get")
export declare function environ_sizes_get(count: usize, bytes: usize): i32;
@external("wasi_snapshot_preview1", "environ_get")
export declare function environ_get(pointers: usize, buffer: usize): i32;
@external("wasi_snapshot_preview1", "proc_exit")
export declare function proc_exit(status: i32): void;
@external("wasi_snapshot_preview1", "poll_oneoff")
export declare function poll_oneoff(subscriptions: usize, events: usize, count: i32, happened: usize): i32;

@external("wasi_snapshot_preview1", "fd_read")
export declare function fd_read(fd: i32, iovecs: usize, count: i32, read: usize): i32;
@external("wasi_snapshot_preview1", "fd_write")
export declare function fd_write(fd: i32, iovecs: usize, count: i32, written: usize): i32;
@external("wasi_snapshot_preview1", "fd_sync")
export declare function fd_sync(fd: i32): i32;
@external("wasi_snapshot_preview1", "fd_close")
export declare function fd_close(fd: i32): i32;
@external("wasi_snapshot_preview1", "fd_prestat_get")
export declare function fd_prestat_get(fd: i32, prestat: usize): i32;
@external("wasi_snapshot_preview1", "fd_prestat_dir_name")
export declare function fd_prestat_dir_name(fd: i32, name: usize, length: usize): i32;
@external("wasi_snapshot_preview1", "path_open")
export declare function path_open(directory: i32, lookup: i32, path: usize, length: usize, flags: i32, rights: i64, inherited: i64, fdFlags: i32, fd: usize): i32;
@external("wasi_snapshot_preview1", "path_rename")
export declare function path_rename(directory: i32, from: usize, fromLength: usize, toDirectory: i32, to: usize, toLength: usize): i32;

export const AF_UNIX = 3;
export const SOCK_STREAM = 2;

@external("wasi_snapshot_preview1", "sock_open_v2")
export declare function sock_open(family: i32, type: i32, fd: usize): i32;
@external("wasi_snapshot_preview1", "sock_connect_v2")
export declare function sock_connect(fd: i32, address: usize, port: i32): i32;
@external("wasi_snapshot_preview1", "sock_bind_v2")
export declare function sock_bind(fd: i32, address: usize, port: i32): i32;
@external("wasi_snapshot_preview1", "sock_listen_v2")
export declare function sock_listen(fd: i32, backlog: i32): i32;
@external("wasi_snapshot_preview1", "sock_accept_v2")
export declare function sock_accept(fd: i32, flags: i32, accepted: usize): i32;
@external("wasi_snapshot_preview1", "sock_send_v2")
export declare function sock_send(fd: i32, iovecs: usize, count: i32, flags: i32, sent: usize): i32;
