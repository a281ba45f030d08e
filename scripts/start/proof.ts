/** The proof that the mesh carries: the client's console shows its own message, come back from the server. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '@pv/testkit/wait-for';

const client = 'pv-example-unix-client';

/** The echoed line. The client prints nothing like it itself: it sends the text, and shows only what comes back. */
export async function echoedMessage(storage: string, timeoutMs: number): Promise<string> {
  const path = join(storage, 'logs', '0', client, 'lxc', 'console.log');
  const text = (): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  return waitFor(() => /^Hello from client at .*$/m.exec(text())?.[0].trim(), {
    what: `an echo of the message of ${client} through the mesh`, timeoutMs, detail: () => `its console:\n${text()}`,
  });
}
