/**
 * The other end of the daemon's channel, in its children: says when this process is ready, and ends it when the daemon asks
 * for it or has died.
 */
export function attachToParent(stop: () => Promise<void>): { ready(details: Record<string, unknown>): void } {
  let stopping = false;
  const end = async () => {
    if (stopping) return;
    stopping = true;
    try {
      await stop();
    } finally {
      process.exit(0);
    }
  };
  process.on('message', (message: { type?: string }) => {
    if (message?.type === 'stop') void end();
  });
  process.on('SIGTERM', () => void end());
  process.on('SIGINT', () => void end());
  if (process.send) process.on('disconnect', () => process.exit(1));
  return { ready: (details) => void process.send?.({ type: 'ready', ...details }) };
}

/** Tells the daemon why this process cannot do its work, and ends. */
export function failToParent(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.send?.({ type: 'failed', reason });
  process.exit(1);
}
