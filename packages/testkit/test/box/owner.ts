/** An owner for the test to kill: starts a box with something running and mounted in it, says where it is, and waits. */
import { startBox } from '../../src/box/start-box.ts';

const box = await startBox();
await box.exec(['sh', '-c', 'truncate -s 1M /run/empty; mkdir /run/on; mke2fs -q -F /run/empty && mount -n -o loop,ro /run/empty /run/on']);
await box.background(['sleep', '3600']);
console.log(JSON.stringify({ dir: box.dir, loops: box.resources()['loop devices'], hostPids: box.processes().map(({ hostPid }) => hostPid) }));
setInterval(() => undefined, 1000);
