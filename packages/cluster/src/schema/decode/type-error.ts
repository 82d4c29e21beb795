/** `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`. */
export function typeError(kind: string, type: string, struct: string, field: string): string {
  return struct === ''
    ? `json: cannot unmarshal ${kind} into Go value of type ${type}`
    : `json: cannot unmarshal ${kind} into Go struct field ${struct}.${field} of type ${type}`;
}
