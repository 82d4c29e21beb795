import http from 'node:http';
import https from 'node:https';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * GET on a connection of its own. Rejects when connecting, or waiting for the next byte, takes longer than `timeout`
 * milliseconds, and when the connection breaks.
 */
export function get(url: string, headers: Record<string, string>, timeout: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const client = url.startsWith('https:') ? https : http;
    const request = client.get(url, { agent: false, headers: { accept: '*/*', ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
      response.on('error', reject);
    });
    request.setTimeout(timeout, () =>
      request.destroy(new Error(`no answer from ${url} within ${timeout} ms`)),
    );
    request.on('error', reject);
  });
}

/** Where a service of this application is: `RATINGS_HOSTNAME`, `RATINGS_SERVICE_PORT`, `SERVICES_DOMAIN` move it. */
export function serviceUrl(name: string): string {
  const { env } = process;
  const domain = env.SERVICES_DOMAIN ? `.${env.SERVICES_DOMAIN}` : '';
  const host = env[`${name.toUpperCase()}_HOSTNAME`] || name;
  const port = env[`${name.toUpperCase()}_SERVICE_PORT`] || '9080';
  return `http://${host}${domain}:${port}`;
}
