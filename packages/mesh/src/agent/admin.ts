import { request } from './http.ts';

const timeout = 2000;

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly contentType: string | undefined;
}

export interface FetchOptions {
  readonly host?: string;
  readonly method?: string;
  readonly timeout?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One HTTP request without connection pool; what a status page needs. */
export function fetchLocal(port: number, path: string, options: FetchOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const limit = options.timeout ?? timeout;
    const target = {
      host: options.host ?? '127.0.0.1',
      port,
      path,
      method: options.method ?? 'GET',
      agent: false as const,
    };
    const outgoing = request({ ...target, headers: options.headers, timeout: limit }, async (response) => {
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        const contentType = response.headers['content-type'];
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks), contentType });
      } catch (error) {
        reject(error);
      }
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${limit} ms`)));
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** A page of the proxy's administration interface. Rejects unless it is there. */
export async function getAdmin(port: number, path: string): Promise<string> {
  const { status, body } = await fetchLocal(port, path);
  if (status >= 400 && path !== '/ready') throw new Error(`${path} answered ${status}`);
  return body.toString();
}

export async function postAdmin(port: number, path: string): Promise<void> {
  await fetchLocal(port, path, { method: 'POST' });
}
