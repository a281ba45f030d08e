/** Bytes of WebAssembly modules: `npx tsx test/fuzz/module.ts [--runs N] [--seed N]`. */
import { checkModule } from '../../packages/engine-wasmedge/test/kit/fuzz.ts';
import { fuzz } from './run.ts';

fuzz('module', (input) => void checkModule(input));
