/** States with manifests of services: `npx tsx test/fuzz/manifest.ts [--runs N] [--seed N]`. */
import { checkManifest } from '../../packages/state/test/kit/manifest-fuzz.ts';
import { fuzz } from './run.ts';

fuzz('manifest', (input) => void checkManifest(input));
