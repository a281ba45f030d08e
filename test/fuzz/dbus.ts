/** Messages of D-Bus consumers: `npx tsx test/fuzz/dbus.ts [--runs N] [--seed N]`. */
import { checkMessages } from '../../apps/pv-xconnect/test/kit/dbus-fuzz.ts';
import { fuzz } from './run.ts';

fuzz('dbus', checkMessages);
