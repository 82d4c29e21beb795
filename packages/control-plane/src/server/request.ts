import { request as httpRequest } from 'node:http';

const timeout = 10_000;

/** `request GET /debug/syncz`: asks the server of this machine and prints the answer; how other tools read it through exec. */
export async function request(argv: readonly string[], defaultPort: number): Promise<void> {
  const [method = 'GET', path = '/', body] = argv.filter((argument) => !argument.startsWith('--'));
  const port = Number(argv.find((argument) => argument.startsWith('--port='))?.slice(7) ?? defaultPort);
  const { status, text } = await ask(method, port, path.startsWith('/') ? path : `/${path}`, body);
  process.stdout.write(text);
  if (status >= 400) process.exitCode = 1;
}

function ask(
  method: string,
  port: number,
  path: string,
  body: string | undefined,
): Promise<{ status: number; text: Buffer }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { host: '127.0.0.1', port, path, method, timeout, agent: false },
      async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        resolve({ status: response.statusCode ?? 500, text: Buffer.concat(chunks) });
      },
    );
    outgoing.on('timeout', () =>
      outgoing.destroy(new Error(`no answer from port ${port} within ${timeout} ms`)),
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
