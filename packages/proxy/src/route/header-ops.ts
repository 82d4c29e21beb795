import type { Problem } from '@lateen/kit';
import { isJoinedName } from '../http/codec/names.ts';
import { join, problem } from '../http/config/values.ts';
import type { HeaderList } from '../http/header-list.ts';
import type { FormatContext, Formatter, HttpDependencies, Message } from '../http/types.ts';

type AppendAction =
  | 'APPEND_IF_EXISTS_OR_ADD'
  | 'ADD_IF_ABSENT'
  | 'OVERWRITE_IF_EXISTS_OR_ADD'
  | 'OVERWRITE_IF_EXISTS';

interface HeaderAddition {
  readonly name: string;
  readonly value: string | Formatter;
  readonly action: AppendAction;
  readonly keepEmpty: boolean;
}

/** Removals and additions of one level of the configuration, in the order in which they happen. */
export interface HeaderOps {
  readonly remove: readonly string[];
  readonly add: readonly HeaderAddition[];
}

export type FormatCompiler = HttpDependencies['compileFormat'];

/** Compiles `…HeadersToAdd` and `…HeadersToRemove`; undefined when there is nothing to do. */
export function compileHeaderOps(
  additions: readonly Message[] | undefined,
  removals: readonly string[] | undefined,
  compileFormat: FormatCompiler,
  path: string,
  problems: Problem[],
): HeaderOps | undefined {
  if (!additions?.length && !removals?.length) return undefined;
  for (const name of removals ?? []) {
    if (isProtected(name)) problems.push(problem(path, ':-prefixed or host headers may not be removed'));
  }
  return {
    remove: (removals ?? []).map((name) => name.toLowerCase()),
    add: (additions ?? []).map((option, index) =>
      compileAddition(option, compileFormat, `${path}ToAdd[${index}]`, problems),
    ),
  };
}

export function compileAddition(
  option: Message,
  compileFormat: FormatCompiler,
  path: string,
  problems: Problem[],
): HeaderAddition {
  const name = String(option.header?.key ?? '').toLowerCase();
  if (isProtected(name)) problems.push(problem(path, ':-prefixed or host headers may not be modified'));
  return {
    name,
    value: compileValue(headerText(option.header ?? {}), compileFormat, join(path, 'header.value'), problems),
    action:
      option.appendAction ??
      (option.append === false ? 'OVERWRITE_IF_EXISTS_OR_ADD' : 'APPEND_IF_EXISTS_OR_ADD'),
    keepEmpty: option.keepEmptyValue === true,
  };
}

/** A constant stays a string; operators are compiled. */
export function compileValue(
  text: string,
  compileFormat: FormatCompiler,
  path: string,
  problems: Problem[],
): string | Formatter {
  if (!text.includes('%')) return text;
  const compiled = compileFormat(text, path, { omitEmpty: true });
  problems.push(...compiled.problems);
  return compiled.value ?? '';
}

function headerText(header: Message): string {
  if (header.rawValue !== undefined) return Buffer.from(header.rawValue, 'base64').toString('latin1');
  return header.value ?? '';
}

function isProtected(name: string): boolean {
  return name.startsWith(':') || name.toLowerCase() === 'host';
}

export function applyHeaderOps(ops: HeaderOps, headers: HeaderList, context: FormatContext): void {
  for (const name of ops.remove) headers.remove(name);
  for (const addition of ops.add) applyAddition(addition, headers, context);
}

export function applyAddition(addition: HeaderAddition, headers: HeaderList, context: FormatContext): void {
  const value = typeof addition.value === 'string' ? addition.value : cleanValue(addition.value(context));
  if (value === '' && !addition.keepEmpty) return;
  const { name } = addition;
  switch (addition.action) {
    case 'ADD_IF_ABSENT':
      if (!headers.has(name)) headers.add(name, value);
      return;
    case 'OVERWRITE_IF_EXISTS_OR_ADD':
      headers.set(name, value);
      return;
    case 'OVERWRITE_IF_EXISTS':
      if (headers.has(name)) headers.set(name, value);
      return;
    default:
      if (isJoinedName(name, headers.direction)) headers.join(name, value);
      else headers.add(name, value);
  }
}

/** What came out of a format must not be able to break the framing of the message it goes into. */
function cleanValue(value: string): string {
  return /[\r\n\0]/.test(value) ? value.replace(/[\r\n\0]/g, '') : value;
}
