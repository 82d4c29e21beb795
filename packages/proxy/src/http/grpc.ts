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

/** The gRPC status that stands for an HTTP status. */
export function grpcStatusOf(status: number): number {
  return byHttpStatus[status] ?? 2;
}

/** Percent-encodes what may not stand in a `grpc-message`. */
export function grpcMessage(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replace(/[^ -$&-~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
