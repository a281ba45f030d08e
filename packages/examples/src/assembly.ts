/** AssemblyScript -> WebAssembly, reproducibly: the same sources give the same bytes, wherever they lie. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';

/** `path`: of the source with `_start`. Throws with what the compiler says. In a process of its own: its types declare a `console` that is not ours. */
export function compileModule(path: string): Buffer {
  const compiler = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');
  return execFileSync(process.execPath, [compiler, basename(path), '--baseDir', dirname(path), '--outFile=', '-Os', '--use', 'abort='], { stdio: 'pipe' });
}
