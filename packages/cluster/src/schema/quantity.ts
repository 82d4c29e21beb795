/** An exact amount: `value × 10^-scale`, remembering how it is written. */
export interface Quantity {
  readonly value: bigint;
  readonly scale: number;
  readonly format: 'DecimalSI' | 'BinarySI' | 'DecimalExponent';
}

/** Undefined when the text is no quantity. */
export function parseQuantity(_text: string): Quantity | undefined {
  return undefined;
}
export function compareQuantity(_a: Quantity, _b: Quantity): number {
  return 0;
}
export function addQuantity(a: Quantity, _b: Quantity): Quantity {
  return a;
}
/** The canonical form, as Kubernetes writes it back. */
export function formatQuantity(_quantity: Quantity): string {
  return '0';
}
