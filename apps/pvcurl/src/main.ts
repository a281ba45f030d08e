/** pvcurl: one HTTP request over a unix socket. Exit code 0 whatever the status, curl's own codes without an answer. */
import { parseOptions, targetOf, type Options } from './options.ts';
import { statusLine, writeAnswer, writeOutText } from './output.ts';
import { RequestFailed, send } from './request.ts';

declare const PV_VERSION: string;

const usage = `Usage: pvcurl --unix-socket PATH [options] URL

Sends one HTTP request over a unix socket. URL is http://localhost/path, or the path alone.

  --unix-socket PATH        the socket (mandatory)
  -X, --request METHOD      method (default GET; a body does not change it)
  -H, --header TEXT         header field, repeatable
  -d, --data, --data-binary TEXT   body; @FILE sends a file, @- stdin
  -T, --upload-file FILE    body from a file, - is stdin
  -o, --output FILE         write the body to FILE
  -i, --include             show the head, too
  -w, --write-out FORMAT    print FORMAT at the end; %{http_code} is the status
  -s, --silent              no error messages
  -v, --verbose             show what is sent and received, on stderr
  --connect-timeout SECONDS (default 5)
  -m, --max-time SECONDS    for all of it (default: no limit)
  -h, --help                show this
  --version                 show the version

Exit codes: 0 answered, whatever the status; 1 wrong usage; 7 cannot connect; 18 the answer ended early;
23 cannot write; 26 cannot read the body; 28 time-out; 52 no answer; 56 the answer is broken.

Example:
  pvcurl -X PUT --data '{"action":"stop"}' --unix-socket /run/pantavisor/pv/pv-ctrl http://localhost/daemons/pv-xconnect
`;

const parsed = parseOptions(process.argv.slice(2));
switch (parsed.kind) {
  case 'help': process.stdout.write(usage); break;
  case 'version': process.stdout.write(`pvcurl ${PV_VERSION}\n`); break;
  case 'wrong': wrong(parsed.message); break;
  case 'run': process.exitCode = await run(parsed.options);
}

async function run(options: Options): Promise<number> {
  const target = targetOf(options.url);
  if (target.kind === 'wrong') return wrong(target.message);
  const trace = (line: string): void => void (options.verbose && process.stderr.write(`${line}\n`));
  const seen: { status?: number } = {};
  const result = await exchange(options, target.path, trace, seen);
  if (options.writeOut !== undefined) process.stdout.write(writeOutText(options.writeOut, seen.status));
  return result;
}

async function exchange(options: Options, path: string, trace: (line: string) => void, seen: { status?: number }): Promise<number> {
  try {
    trace(`* Connecting to ${options.socket}...`);
    trace(`* > ${options.method} ${path} HTTP/1.1`);
    const answer = await send({ options, path, stdin: process.stdin });
    seen.status = answer.statusCode ?? 0;
    trace(statusLine(answer));
    await writeAnswer(answer, options, process.stdout);
    return 0;
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    if (!options.silent) process.stderr.write(`pvcurl: (${error.exitCode}) ${error.message}\n`);
    return error.exitCode;
  } finally {
    // Stdin that is still open must not keep us.
    process.stdin.destroy();
  }
}

function wrong(message: string): number {
  process.stderr.write(`${message}\nSee pvcurl --help.\n`);
  process.exitCode = 1;
  return 1;
}
