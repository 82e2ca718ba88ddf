// An echo server on node's net module, to be measured beside the five.
//
//     make compare SERVER="node=node tests/foreign/echo_net.js {port}"
//
// Usage: echo_net.js PORT [HOST]. It ends on SIGTERM. pipe() stops reading
// from a client that does not read.
'use strict';
const net = require('net');

const port = Number(process.argv[2] || 0);
const host = process.argv[3] || '127.0.0.1';
const server = net.createServer({noDelay: true}, (client) => {
    client.on('error', () => client.destroy());
    client.pipe(client);
});

server.listen({port, host, backlog: 4096}, () => {
    console.log(`listening on ${host}:${server.address().port}`);
});
