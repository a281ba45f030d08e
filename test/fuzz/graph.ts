/** Texts of graphs: `npx tsx test/fuzz/graph.ts [--runs N] [--seed N]`. */
import { checkGraph } from '../../apps/pv-xconnect/test/kit/graph-fuzz.ts';
import { fuzz } from './run.ts';

fuzz('graph', (input) => void checkGraph(input));
