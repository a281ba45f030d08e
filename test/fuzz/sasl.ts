/** Handshakes of D-Bus consumers: `npx tsx test/fuzz/sasl.ts [--runs N] [--seed N]`. */
import { checkHandshake } from '../../apps/pv-xconnect/test/kit/dbus-fuzz.ts';
import { fuzz } from './run.ts';

fuzz('sasl', checkHandshake);
