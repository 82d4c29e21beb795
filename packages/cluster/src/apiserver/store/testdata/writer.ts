import { Store } from '../store.ts';

// Writes until it is killed, telling each acknowledged name.
const store = Store.open(process.argv[2]!, { compactAt: 20_000 });
for (let batch = 0; ; batch++) {
  const names = Array.from({ length: 5 }, (_, index) => `n-${batch}-${index}`);
  await Promise.all(
    names.map(async (name) => {
      const { entry, durable } = store.put('things', { namespace: 'a', name }, undefined, (resourceVersion) => ({
        apiVersion: 'v1',
        kind: 'Thing',
        metadata: { name, namespace: 'a', resourceVersion },
        data: 'x'.repeat(200),
      }));
      await durable;
      process.stdout.write(`${name} ${entry.version}\n`);
      if (batch % 2 === 1) {
        await store.remove('things', entry).durable;
        process.stdout.write(`-${name}\n`);
      }
    }),
  );
}
