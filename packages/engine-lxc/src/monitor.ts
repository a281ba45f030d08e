/**
 * The monitor's command socket: who holds a connection to it learns of the monitor's end as an event, whoever started
 * the monitor. Nothing is sent, nothing is read.
 */
import { Socket } from 'node:net';
import { connectAbstract } from '@pv/pv-native/socket';

export interface MonitorWatch {
  /** Resolves when the monitor is gone. */
  readonly gone: Promise<void>;
  release(): void;
}

/** sun_path, less the NUL that begins an abstract name. */
const maxName = 107;

/** The name LXC gives to the socket; a longer one it would hash. */
export function commandSocketName(lxcPath: string, name: string): string {
  return `${lxcPath}/${name}/command`;
}

export function fitsCommandSocket(lxcPath: string, name: string): boolean {
  return Buffer.byteLength(commandSocketName(lxcPath, name)) < maxName;
}

/** Undefined: no monitor of this container runs. */
export function watchMonitor(lxcPath: string, name: string): MonitorWatch | undefined {
  const fd = connect(commandSocketName(lxcPath, name));
  if (fd === undefined) return undefined;
  const socket = new Socket({ fd, readable: true, writable: true });
  socket.on('error', () => undefined);
  socket.resume();
  return { gone: new Promise((resolve) => socket.once('close', () => resolve())), release: () => socket.destroy() };
}

function connect(name: string): number | undefined {
  try {
    return connectAbstract(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return undefined;
    throw error;
  }
}
