import { grpcStatusNames } from '@lateen/api/istio/grpc-status';

/** The number of a gRPC status by its name, or of a number written as text. */
export function grpcStatusNumber(status: string): number | undefined {
  const index = grpcStatusNames.indexOf(status);
  if (index >= 0) return index;
  return /^\d+$/.test(status) && Number(status) < grpcStatusNames.length ? Number(status) : undefined;
}
