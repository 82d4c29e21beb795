import { createRequire } from 'node:module';
import type { Problem } from '@lateen/kit';
import type { FormatContext, HeaderView } from '../../http/types.ts';
import { grpcStatusOf } from '../format/grpc.ts';

/** Compiles a CEL expression over the attributes of a stream; the engine is loaded by the first expression. */
export function compileCelFilter(
  expression: string,
  path: string,
  problems: Problem[],
): (context: FormatContext) => boolean {
  try {
    const engine = createRequire(import.meta.url)('@bufbuild/cel');
    const program = engine.plan(engine.celEnv(), engine.parse(expression));
    return (context) => {
      try {
        return program(attributes(context)) === true;
      } catch {
        return false;
      }
    };
  } catch (error) {
    problems.push({
      code: 'InvalidExpression',
      severity: 'error',
      path,
      message: `failed to create an expression: ${(error as Error).message}`,
    });
    return () => false;
  }
}

const whole = (value: number) => BigInt(Math.floor(value));

function attributes(context: FormatContext): Record<string, unknown> {
  return {
    request: request(context),
    response: response(context),
    connection: connection(context),
    ...peers(context),
  };
}

function request({ request: headers, info }: FormatContext): Record<string, unknown> {
  const path = headers?.first(':path') ?? '';
  return {
    path,
    url_path: path.split('?', 1)[0],
    query: path.includes('?') ? path.slice(path.indexOf('?') + 1) : '',
    host: headers?.first(':authority') ?? '',
    method: headers?.first(':method') ?? '',
    scheme: headers?.first(':scheme') ?? 'http',
    headers: lookup(headers),
    referer: headers?.first('referer') ?? '',
    useragent: headers?.first('user-agent') ?? '',
    id: info.requestId,
    protocol: info.protocol ?? '',
    size: whole(info.bytesReceived),
  };
}

function response(context: FormatContext): Record<string, unknown> {
  const { info } = context;
  return {
    code: whole(info.responseCode),
    code_details: info.responseCodeDetails,
    flags: whole(info.responseFlags),
    headers: lookup(context.response),
    trailers: lookup(context.trailers),
    size: whole(info.bytesSent),
    grpc_status: whole(grpcStatusOf(context) ?? 0),
  };
}

function connection({ info }: FormatContext): Record<string, unknown> {
  return {
    id: whole(info.connection.id),
    mtls: (info.connection.tls?.peerSubject ?? '') !== '',
    requested_server_name: info.connection.serverName,
    termination_details: info.connectionTerminationDetails,
  };
}

function peers({ info }: FormatContext): Record<string, unknown> {
  const { remote, local } = info.connection;
  return {
    source: { address: `${remote.address}:${remote.port}`, port: whole(remote.port) },
    destination: { address: `${local.address}:${local.port}`, port: whole(local.port) },
    upstream: {
      address: info.upstreamHost?.key ?? '',
      transport_failure_reason: info.upstreamTransportFailureReason,
    },
  };
}

/** A map whose entries are asked for by name. */
function lookup(headers: HeaderView | undefined): Record<string, string> {
  return new Proxy({} as Record<string, string>, {
    get: (_, name) => (typeof name === 'string' ? headers?.get(name.toLowerCase()) : undefined),
    has: (_, name) => typeof name === 'string' && headers?.get(name.toLowerCase()) !== undefined,
    getOwnPropertyDescriptor: (_, name) => {
      const value = typeof name === 'string' ? headers?.get(name.toLowerCase()) : undefined;
      return value === undefined
        ? undefined
        : { value, enumerable: true, configurable: true, writable: false };
    },
  });
}
