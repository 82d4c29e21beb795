import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { start } from '../../testing/start.ts';

test('repeats whole lines with the prefix in front', async () => {
  const program = await start('tcp-echo/src/main.ts', ['0', 'one']);
  const socket = net.connect(program.port, '127.0.0.1');
  socket.write('a\nb');
  socket.write('c\nrest');
  socket.end();
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  assert.equal(answer, 'one a\none bc\n');
  assert.equal(await program.stop(), 0);
});
