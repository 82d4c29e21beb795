/** The value of `--name` among the arguments of a part that the daemon starts. */
export function nameArgument(argv: readonly string[]): string {
  const at = argv.indexOf('--name');
  return at >= 0 ? (argv[at + 1] ?? 'lateen') : 'lateen';
}
