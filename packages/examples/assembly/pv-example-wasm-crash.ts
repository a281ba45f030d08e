/** Works for a while, then does what a module must not. */
import { print, sleep } from './process';

export function _start(): void {
  print('WebAssembly crash test starting...');
  sleep(10);
  print('Crashing now!');
  unreachable();
}
