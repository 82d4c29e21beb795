import type { FormatContext } from '../../http/types.ts';
import type { OperatorCompiler } from './operator.ts';

const camel = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];

/** Status names as filters and `SNAKE_STRING` write them, by number. */
export const grpcStatusNames: readonly string[] = camel.map((name) =>
  name === 'OK' ? 'OK' : name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase(),
);

const byHttpStatus: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};

/** The status of trailers or headers, or what the HTTP status stands for; undefined for what is no gRPC call. */
function declared(context: FormatContext): string | undefined {
  const type = context.request?.first('content-type') ?? '';
  if (type !== 'application/grpc' && !/^application\/grpc[+;]/.test(type)) return undefined;
  const sent = context.trailers?.first('grpc-status') ?? context.response?.first('grpc-status');
  if (sent !== undefined || context.info.responseCode === 0) return sent;
  return String(byHttpStatus[context.info.responseCode] ?? 2);
}

/** The gRPC status number, derived from the HTTP status where none was sent. */
export function grpcStatusOf(context: FormatContext): number | undefined {
  const text =
    declared(context) ?? context.trailers?.first('grpc-status') ?? context.response?.first('grpc-status');
  if (text !== undefined && /^\d+$/.test(text)) return Number(text);
  return byHttpStatus[context.info.responseCode] ?? 2;
}

export const grpcNumber: OperatorCompiler = () => (context) => {
  const text = declared(context);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
};

export const grpcStatus: OperatorCompiler = (argument) => {
  if (argument !== undefined && !['CAMEL_STRING', 'SNAKE_STRING', 'NUMBER'].includes(argument)) {
    return 'GrpcStatusFormatter only supports CAMEL_STRING, SNAKE_STRING or NUMBER.';
  }
  return (context) => {
    const text = declared(context);
    if (text === undefined || !/^\d+$/.test(text)) return undefined;
    if (argument === 'NUMBER') return Number(text);
    const names = argument === 'SNAKE_STRING' ? grpcStatusNames : camel;
    return names[Number(text)] ?? text;
  };
};
