// Runs inside a pod's namespaces: asks one URL over and over on a kept connection and prints a line `VALUE TIME` whenever the
// response header x-change has a new value, and at the end `sent N failed N`. Usage: probe.mjs ADDRESS PORT HOST PATH
import http from 'node:http';

const [address, port, host, path] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let last = '';
let sent = 0;
let failed = 0;
let stopping = false;

process.on('SIGTERM', () => {
  stopping = true;
});

function ask() {
  if (stopping) {
    process.stdout.write(`sent ${sent} failed ${failed}\n`, () => process.exit(0));
    return;
  }
  if (last !== '') sent++;
  const request = http.get(
    { agent, host: address, port: Number(port), path, headers: { host } },
    (response) => {
      response.resume();
      const value = response.headers['x-change'] ?? '';
      if (response.statusCode !== 200 && last !== '') failed++;
      if (value !== last) {
        last = value;
        process.stdout.write(`${value} ${performance.timeOrigin + performance.now()}\n`);
      }
      response.on('end', () => setTimeout(ask, 4));
    },
  );
  request.on('error', () => {
    if (last !== '') failed++;
    setTimeout(ask, 4);
  });
}

ask();
