// Streams bytes to whoever connects, as fast as they are taken. Usage: tcp-backend.mjs ADDRESS PORT
import net from 'node:net';

const [address, port] = process.argv.slice(2);
const block = Buffer.alloc(1 << 18, 'x');

net
  .createServer((socket) => {
    const pump = () => {
      while (socket.write(block));
    };
    socket.on('drain', pump);
    socket.on('error', () => {});
    socket.resume();
    pump();
  })
  .listen(Number(port), address);
