import { readFileSync } from 'node:fs';
import type { KubeClientOptions } from '@lateen/kube';
import WebSocket from 'ws';
import { CommandError } from '../context.ts';

export interface ExecInput {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
}

/** Runs a command in a container over Kubernetes' `v5.channel.k8s.io` protocol and resolves with what it printed. */
export function execInPod(options: KubeClientOptions, input: ExecInput): Promise<Buffer> {
  const query = new URLSearchParams({ container: input.container, stdout: 'true', stderr: 'true' });
  for (const word of input.command) query.append('command', word);
  const url = `${options.server!.replace(/^http/, 'ws')}/api/v1/namespaces/${input.namespace}/pods/${input.pod}/exec?${query}`;
  const token =
    options.token ?? (options.tokenFile ? readFileSync(options.tokenFile, 'utf8').trim() : undefined);
  const socket = new WebSocket(url, ['v5.channel.k8s.io', 'v4.channel.k8s.io'], {
    ca: options.ca,
    cert: options.cert,
    key: options.key,
    rejectUnauthorized: !options.insecureSkipTlsVerify,
    handshakeTimeout: 10_000,
    ...(token ? { headers: { authorization: `Bearer ${token}` } } : {}),
  });
  return collect(socket, input);
}

const channels = { stdout: 1, stderr: 2, error: 3 };

function collect(socket: WebSocket, input: ExecInput): Promise<Buffer> {
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  let status: { status?: string; message?: string } | undefined;
  return new Promise((resolve, reject) => {
    const fail = (message: string) =>
      reject(
        new CommandError(
          `${input.namespace}/${input.pod} (${input.container}): ${input.command.join(' ')}: ${message}`,
        ),
      );
    socket.on('message', (data: Buffer) => {
      const body = data.subarray(1);
      if (data[0] === channels.stdout) output.push(body);
      else if (data[0] === channels.stderr) errors.push(body);
      else if (data[0] === channels.error) status = JSON.parse(body.toString());
    });
    socket.on('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        fail(statusMessage(Buffer.concat(chunks).toString()) ?? `HTTP ${response.statusCode}`),
      );
    });
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => {
      if (status?.status === 'Success') return resolve(Buffer.concat(output));
      fail(Buffer.concat(errors).toString().trim() || status?.message || 'the connection was closed early');
    });
  });
}

function statusMessage(body: string): string | undefined {
  try {
    return JSON.parse(body).message;
  } catch {
    return undefined;
  }
}
