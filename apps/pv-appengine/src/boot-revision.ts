/** The revision to boot: `pv_rev` of boot/uboot.txt (spec state-engine 4.1). A tried one (`pv_try`) is not known yet. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseBootVariables } from '@pv/storage/uboot-env';

/** `0` when nothing says otherwise. pv-core checks the name. */
export function bootRevision(storage: string): string {
  try {
    return parseBootVariables(readFileSync(join(storage, 'boot', 'uboot.txt')))['pv_rev'] || '0';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '0';
    throw error;
  }
}
