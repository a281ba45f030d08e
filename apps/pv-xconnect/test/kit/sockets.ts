/** Servers and clients at the two ends of a link. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { onTestFinished } from 'vitest';

export async function serve(path: string, onConnection: (socket: Socket) => void): Promise<Server> {
  mkdirSync(dirname(path), { recursive: true });
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  server.listen(path);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return server;
}

/** Echoes while it reads, and ends when the other side has. */
export function echo(socket: Socket): void {
  socket.pipe(socket);
}

/** Answers with its name, without reading. */
export function says(text: string): (socket: Socket) => void {
  return (socket) => void socket.end(text);
}

export async function dial(path: string): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  return socket;
}

/** Everything until the other side's end, or its breaking off. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (!socket.readableEnded && !socket.closed) await new Promise<void>((resolve) => socket.once('end', resolve).once('close', () => resolve()));
  return Buffer.concat(chunks);
}

/** Sends `text`, shuts the write side and reads to the end. */
export async function ask(path: string, text: string): Promise<string> {
  const socket = await dial(path);
  socket.end(text);
  const answer = await readAll(socket);
  socket.destroy();
  return answer.toString();
}
