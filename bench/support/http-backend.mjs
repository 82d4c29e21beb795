// Answers every HTTP request head on a raw socket with 100 bytes. Usage: http-backend.mjs ADDRESS PORT
import net from 'node:net';

const [address, port] = process.argv.slice(2);
const body = 'x'.repeat(100);
const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
);

net
  .createServer({ noDelay: true }, (socket) => {
    let rest = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      rest += chunk.latin1Slice();
      let count = 0;
      for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
        rest = rest.slice(end + 4);
        count++;
      }
      if (count === 1) socket.write(answer);
      else for (; count > 0; count--) socket.write(answer);
    });
  })
  .listen(Number(port), address);
