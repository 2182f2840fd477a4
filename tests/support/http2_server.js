// Node's own HTTP/2 server in the clear. Run as a program: http2_server.js PORT LOG; each line of LOG is
// a request that was answered: its id, method, path and status.
'use strict';
const fs = require('fs');
const http2 = require('http2');

const log = fs.openSync(process.argv[3], 'a');
const server = http2.createServer();

function answer(stream, headers, status, body) {
  stream.respond({':status': status, 'content-type': 'text/plain'});
  stream.end(body);
  const id = headers['x-request-id'] || '-';
  fs.writeSync(log, `${id} ${headers[':method']} ${headers[':path']} ${status}\n`);
}

function grpc(stream, headers) {
  const status = new URL(headers[':path'], 'http://h').searchParams.get('status') || '0';
  stream.respond({':status': 200, 'content-type': 'application/grpc'}, {waitForTrailers: true});
  stream.on('wantTrailers', () => stream.sendTrailers({'grpc-status': status, 'grpc-message': 'm'}));
  stream.end(Buffer.from([0, 0, 0, 0, 0]));
}

server.on('stream', (stream, headers) => {
  const path = headers[':path'];
  stream.on('error', () => {});
  if ((headers['content-type'] || '').startsWith('application/grpc')) return grpc(stream, headers);
  if (path === '/never') return;
  if (path === '/slow') return setTimeout(() => answer(stream, headers, 200, 'slow'), 150);
  if (path === '/large') return answer(stream, headers, 200, Buffer.alloc(300000, 'n'));
  if (path === '/none') return answer(stream, headers, 404, 'none');
  let size = 0;
  stream.on('data', (part) => { size += part.length; });
  stream.on('end', () => answer(stream, headers, 200, String(size)));
});
server.listen(Number(process.argv[2]), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
