// Serves the test service with @grpc/grpc-js: prints its port, and ends when its input does.
//     node server.js ECHO_PROTO
'use strict';
const grpc = require('@grpc/grpc-js');
const { echo, FAILURE } = require('./echo.js');

const server = new grpc.Server({ 'grpc.max_receive_message_length': -1 });
server.addService(echo(process.argv[2]).EchoService.service, {
  Unary(call, respond) {
    const metadata = new grpc.Metadata();
    switch (call.request.text) {
      case 'fail':
        metadata.set('reason', 'so');
        respond({ code: grpc.status.FAILED_PRECONDITION, details: FAILURE, metadata });
        break;
      case 'throw':
        respond(new Error('unexpected'));
        break;
      case 'metadata':
        for (const key of ['x-text', 'x-bytes-bin']) metadata.set(key, call.metadata.get(key)[0]);
        call.sendMetadata(metadata);
        respond(null, call.request, metadata);
        break;
      case 'wait':
        break;
      default:
        respond(null, call.request);
    }
  },
  ClientStream(call, respond) {
    const texts = [];
    call.on('data', request => texts.push(request.text));
    call.on('end', () => respond(null, { text: texts.join(''), number: texts.length }));
  },
  ServerStream(call) {
    for (let number = 0; number < call.request.number; number++) call.write({ text: call.request.text, number });
    call.end();
  },
  Duplex(call) {
    call.on('data', request => call.write(request));
    call.on('end', () => call.end());
  },
});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
process.stdin.on('end', () => process.exit()).resume();
