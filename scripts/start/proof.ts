/** The proof that the mesh carries: what clients have on their consoles that only their servers can have said. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '@pv/testkit/wait-for';

interface Proof {
  readonly what: string;
  readonly client: string;
  /** What runs it; lxc when not given. */
  readonly engine?: string;
  /** A line that the client prints only when it was answered. */
  readonly answer: RegExp;
}

const proofs: readonly Proof[] = [
  // It sends the text, and shows only what comes back.
  { what: 'a socket', client: 'pv-example-unix-client', answer: /^Hello from client at .*$/m },
  // The names are said by the mesh, not by the client.
  { what: 'HTTP', client: 'pv-example-rest-client', answer: /^.*"client": ?"pv-example-rest-client".*$/m },
  { what: 'WebAssembly', client: 'pv-example-wasm-client', engine: 'wasmedge', answer: /^.*"client": ?"pv-example-wasm-client".*$/m },
  { what: 'D-Bus', client: 'pv-example-dbus-client', answer: /^.*"service": ?"dbus-example".*$/m },
];

/** A line for each kind of link that was seen to work. */
export async function provenLinks(storage: string, timeoutMs: number): Promise<string[]> {
  return Promise.all(proofs.map(async (proof) => `${proof.what.padEnd(11)} ${await answered(storage, proof, timeoutMs)}`));
}

function answered(storage: string, { client, engine = 'lxc', answer }: Proof, timeoutMs: number): Promise<string> {
  const path = join(storage, 'logs', '0', client, engine, 'console.log');
  const text = (): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  return waitFor(() => answer.exec(text())?.[0].trim(), { what: `an answer for ${client} through the mesh`, timeoutMs, detail: () => `its console:\n${text()}` });
}
