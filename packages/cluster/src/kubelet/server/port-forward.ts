import type { Duplex } from 'node:stream';
import { relay } from '../../network/relay.ts';
import { describeDialError, dialPod } from '../pod/dial.ts';
import type { PodWorker } from '../pod/worker.ts';
import type { ServerContext } from './index.ts';
import { SpdyConnection, type SpdyStream } from './spdy/connection.ts';

export const portForwardProtocol = 'portforward.k8s.io';

const dialTimeout = 10_000;
/** Connections that wait for the second of their two streams. */
const mostWaiting = 100;

/**
 * Forwards connections to ports of a pod: each is a pair of streams, one for data and one for what went wrong. They
 * arrive at 127.0.0.1 beside the application, without a sidecar in between, as with a kubelet.
 */
export function servePortForward(transport: Duplex, worker: PodWorker, input: ServerContext): void {
  const waiting = new Map<string, Map<string, SpdyStream>>();
  new SpdyConnection(transport, (stream) => {
    const { streamtype = '', requestid = '0', port = '' } = stream.headers;
    const key = `${requestid}/${port}`;
    const pair = waiting.get(key) ?? new Map<string, SpdyStream>();
    pair.set(streamtype, stream);
    const data = pair.get('data');
    const error = pair.get('error');
    if (data && error) {
      waiting.delete(key);
      void forwardPair(data, error, Number(port), worker, input);
    } else if (waiting.size < mostWaiting) waiting.set(key, pair);
    else stream.destroy();
  });
}

async function forwardPair(
  data: SpdyStream,
  error: SpdyStream,
  port: number,
  worker: PodWorker,
  { context }: ServerContext,
): Promise<void> {
  const { name, namespace } = worker.pod.metadata;
  const host = '127.0.0.1';
  error.resume();
  try {
    if (!worker.network) throw new Error(`pod ${namespace}/${name} is not running`);
    const socket = await dialPod(context.networks, worker.network, { host, port, timeout: dialTimeout });
    relay(data as never, socket);
    error.end();
  } catch (failure) {
    const reason = describeDialError(failure, host, port);
    error.end(`error forwarding port ${port} to pod ${name}_${namespace}, uid : ${reason}`);
    data.end();
    data.resume();
  }
}
