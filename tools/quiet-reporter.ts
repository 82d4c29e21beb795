import type { TestEvent } from 'node:test/reporters';

/** Prints what failed and, at the end, one line of counts: a thousand passing tests need no lines of their own. */
export default async function* quietReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const event of source) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { data } = event;
    if ('type' in data.details && data.details.type === 'suite') continue;
    if (data.skip !== undefined && data.skip !== false) {
      counts.skipped++;
      yield `SKIPPED: ${data.name}${typeof data.skip === 'string' ? `: ${data.skip}` : ''}\n`;
    } else if (event.type === 'test:pass') {
      counts.passed++;
    } else {
      counts.failed++;
      yield `FAILED: ${data.name} (${data.file ?? ''}:${data.line ?? ''})\n${describe(event.data.details.error)}\n`;
    }
  }
  yield `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`;
}

function describe(error: Error & { cause?: unknown }): string {
  const cause = error.cause instanceof Error ? error.cause : error;
  return (cause.stack ?? cause.message).replaceAll(/^/gm, '  ');
}
