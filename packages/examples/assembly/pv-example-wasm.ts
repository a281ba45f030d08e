/** Says what it was given, and how many times it was started. */
import { preopened, readText, replaceText } from './files';
import { environment, print, programArguments, sleep } from './process';
import { ESUCCESS } from './wasi';

const folder = '/data';

export function _start(): void {
  print(`WebAssembly example starting (run #${nextRun()})`);
  const args = programArguments();
  for (let at = 1; at < args.length; at++) print(`argument ${at}: ${args[at]}`);
  const variables = environment();
  for (let at = 0; at < variables.length; at++) print(`environment: ${variables[at]}`);
  while (true) {
    print('still here');
    sleep(5);
  }
}

/** Counts in a volume that outlives the container. */
function nextRun(): i32 {
  const volume = preopened(folder);
  if (volume < 0) {
    print(`There is no volume at ${folder}: starts are not counted.`);
    return 1;
  }
  const text = readText(volume, 'count');
  const run = (text === null ? 0 : I32.parseInt(text)) + 1;
  const errno = replaceText(volume, 'count', `${run}\n`);
  if (errno !== ESUCCESS) print(`Writing to ${folder} failed: errno ${errno}`);
  return run;
}
