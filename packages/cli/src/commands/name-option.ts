import { Option } from 'commander';
import { defaultClusterName } from '../cluster/files.ts';

/** `--name NAME`, which every verb about a cluster takes. */
export const nameOption = (): Option => new Option('--name <name>', 'cluster').default(defaultClusterName);

/** The text of an example below a command's help. */
export const example = (...lines: string[]): string =>
  `\nExample:\n${lines.map((line) => `  ${line}\n`).join('')}`;
