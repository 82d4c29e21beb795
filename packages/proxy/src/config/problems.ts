import type { Problem } from '@lateen/kit';

export type Message = Readonly<Record<string, any>>;

/** Collects what is wrong with one message. */
export class Problems {
  readonly list: Problem[] = [];

  add(path: string, message: string, code = 'Invalid'): void {
    this.list.push({ code, severity: 'error', path, message });
  }

  unsupported(path: string, what: string): void {
    this.add(path, `${what} is not supported by this proxy; remove it`, 'Unsupported');
  }

  /** Refuses every field of `message` that is not in `known`. */
  onlyKnown(message: Message | undefined, known: ReadonlySet<string>, path: string): void {
    for (const field of Object.keys(message ?? {})) {
      if (field !== '@type' && !known.has(field))
        this.unsupported(path === '' ? field : `${path}.${field}`, field);
    }
  }
}

export const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));
