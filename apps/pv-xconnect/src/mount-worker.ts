/** The thread that mounts inside containers' mount namespaces. */
import { workerData } from 'node:worker_threads';
import { runMountThread, type MountWorkerData } from '@pv/pv-native/mount-thread';

runMountThread(workerData as MountWorkerData);
