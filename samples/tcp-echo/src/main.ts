import net from 'node:net';

const [ports, prefix, ...rest] = process.argv.slice(2);
if (ports === undefined || prefix === undefined || rest.length > 0) {
  console.error('usage: tcp-echo PORT[,PORT…] PREFIX');
  process.exit(1);
}

/** Bytes kept of a line that does not end. */
const longestLine = 1 << 20;

const servers = ports.split(',').map((port) => listen(Number(port)));

process.once('SIGTERM', () => process.exit(0));
process.once('SIGINT', () => process.exit(0));

function listen(port: number): net.Server {
  const server = net.createServer({ allowHalfOpen: true }, echo);
  server.on('error', (error) => {
    console.error(`cannot listen on port ${port}: ${error.message}`);
    for (const other of servers ?? []) other.close();
    process.exit(1);
  });
  server.listen(port, () => {
    console.log(`listening on :${(server.address() as net.AddressInfo).port}, prefix: ${prefix}`);
  });
  return server;
}

/** Answers every line with the prefix in front of it; what has no end of line gets no answer. */
function echo(socket: net.Socket): void {
  let pending = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (let end = pending.indexOf(10); end >= 0; end = pending.indexOf(10)) {
      const line = pending.subarray(0, end + 1);
      pending = pending.subarray(end + 1);
      console.log(`request: ${line.toString('utf8').trimEnd()}`);
      console.log(`response: ${prefix} ${line.toString('utf8').trimEnd()}`);
      socket.write(Buffer.concat([Buffer.from(`${prefix} `), line]));
    }
    if (pending.length > longestLine) socket.destroy();
  });
  socket.on('end', () => socket.end());
  socket.on('error', () => socket.destroy());
}
