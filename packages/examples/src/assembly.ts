/** AssemblyScript -> WebAssembly, reproducibly: the same sources give the same bytes, wherever they lie. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * `path`: of the source with `_start`. Throws with what the compiler says, in plain text: it would colour a pipe where `CI` is set.
 * In a process of its own: its types declare a `console` that is not ours.
 */
export async function compileModule(path: string): Promise<Buffer> {
  const compiler = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');
  const { stdout } = await run(process.execPath, [compiler, basename(path), '--baseDir', dirname(path), '--outFile=', '-Os', '--use', 'abort=', '--noColors'], { encoding: 'buffer' });
  return stdout;
}
