import type { NameStyle } from '../codec/serialize.ts';
import type { Message } from '../types.ts';

/** How a `header_key_format` wants header names spelled. */
export function nameStyle(format: Message | undefined): NameStyle {
  if (format?.properCaseWords !== undefined) return 'proper';
  return format?.statefulFormatter !== undefined ? 'preserve' : 'lower';
}
