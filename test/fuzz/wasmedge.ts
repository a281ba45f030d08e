/** Texts of wasmedge.json: `npx tsx test/fuzz/wasmedge.ts [--runs N] [--seed N]`. */
import { checkConfig } from '../../packages/engine-wasmedge/test/kit/fuzz.ts';
import { fuzz } from './run.ts';

fuzz('wasmedge', (input) => void checkConfig(input));
