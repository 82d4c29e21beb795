import http2 from 'node:http2';
import type { Socket } from 'node:net';
import type { ProbeOutcome } from './probe.ts';

/** A gRPC frame with a HealthCheckRequest, whose only field is the service's name. */
function requestFrame(service: string): Buffer {
  const name = Buffer.from(service);
  const message =
    name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** SERVING is field 1 with the value 1. */
const isServing = (body: Buffer) => body.length >= 7 && body[5] === 0x08 && body[6] === 1;

/** Asks `grpc.health.v1.Health/Check` over a connection. Never rejects; the connection is closed afterwards. */
export function checkGrpc(socket: Socket, service: string, timeout: number): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const session = http2.connect('http://health', { createConnection: () => socket });
    const finish = (ok: boolean, message: string) => {
      clearTimeout(timer);
      resolve({ ok, message });
      session.destroy();
      socket.destroy();
    };
    const timer = setTimeout(
      () => finish(false, 'timeout: failed to connect service within the deadline'),
      timeout,
    );
    session.on('error', (error) => finish(false, error.message));
    const call = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    call.on('data', (chunk: Buffer) => chunks.push(chunk));
    call.on('error', (error) => finish(false, error.message));
    call.on('end', () => {
      const serving = isServing(Buffer.concat(chunks));
      finish(serving, serving ? '' : 'service unhealthy (responded with "NOT_SERVING")');
    });
    call.end(requestFrame(service));
  });
}
