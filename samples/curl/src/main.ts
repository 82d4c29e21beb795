import { setTimeout as delay } from 'node:timers/promises';
import { CurlError } from './error.ts';
import { type Options, parseArguments, version } from './options.ts';
import { openSink, writeAll } from './sink.ts';
import { parseUrl } from './target.ts';
import { type Facts, newFacts, transfer } from './transfer.ts';
import { formatFacts } from './write-out.ts';

const help = `Usage: curl [options...] <url>
A small curl for containers on machines that have none: HTTP/1.1, with and without TLS.
 -d, --data <data>     send data with POST      -L, --location        follow redirects
 -f, --fail            fail on status 400 up    -m, --max-time <s>    time for everything
 -H, --header <line>   add a header             -o, --output <file>   write to a file
 -i, --include         show response headers    -s, --silent          no error messages
 -I, --head            ask for headers only     -S, --show-error      but these with -s
 -k, --insecure        accept any certificate   -v, --verbose         show what is sent
 -w, --write-out <f>   print facts afterwards   -X, --request <m>     use this method
     --resolve <host:port:address>              --retry <number>
`;

process.exitCode = await main(process.argv.slice(2));

async function main(words: string[]): Promise<number> {
  let options: Options;
  try {
    options = parseArguments(words);
  } catch (error) {
    return report(error as CurlError, false);
  }
  if (options.help || options.version) {
    writeAll(1, options.help ? help : `curl ${version} (lateen) minimal\nProtocols: http https\n`);
    return 0;
  }
  if (options.urls.length === 0) return report(new CurlError(2, 'no URL specified', true), false);
  let code = 0;
  for (const [index, url] of options.urls.entries())
    code = await fetchOne(url, options, outputOf(options, url, index));
  return code;
}

function outputOf({ output, remoteName }: Options, url: string, index: number): string | undefined {
  return (
    output[index] ?? (remoteName ? url.split(/[?#]/)[0]!.split('/').at(-1) || 'curl_response' : undefined)
  );
}

async function fetchOne(url: string, options: Options, output: string | undefined): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    const facts = newFacts();
    const failure = await attemptOne(url, options, output, facts);
    if (attempt < options.retries && isTransient(options, failure, facts)) {
      await delay(options.retryDelay > 0 ? options.retryDelay * 1000 : Math.min(2 ** attempt, 600) * 1000);
      continue;
    }
    const code = failure ? report(failure, options.silent && !options.showError) : 0;
    if (options.writeOut !== undefined) {
      writeAll(1, formatFacts(options.writeOut, facts, code, failure?.message ?? ''));
    }
    return code;
  }
}

async function attemptOne(
  url: string,
  options: Options,
  output: string | undefined,
  facts: Facts,
): Promise<CurlError | undefined> {
  const sink = openSink(options, output);
  try {
    await transfer(parseUrl(url), options, sink, facts);
    return undefined;
  } catch (error) {
    return error instanceof CurlError ? error : new CurlError(2, (error as Error).message);
  } finally {
    sink.close();
  }
}

function isTransient(options: Options, failure: CurlError | undefined, { status }: Facts): boolean {
  if (options.retryAllErrors && failure) return true;
  if (options.retryConnrefused && failure?.code === 7) return true;
  return failure?.code === 28 || failure?.code === 6 || [408, 429, 500, 502, 503, 504].includes(status);
}

function report(error: CurlError, quiet: boolean): number {
  if (error.usage) writeAll(2, `curl: ${error.message}\ncurl: try 'curl --help' for more information\n`);
  else if (!quiet) writeAll(2, `curl: (${error.code}) ${error.message}\n`);
  return error.code;
}
