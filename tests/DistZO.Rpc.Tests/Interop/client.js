// Calls a server of the test service with @grpc/grpc-js; for each case a line: its name and "ok", or what was wrong.
//     node client.js ADDRESS ECHO_PROTO
'use strict';
const assert = require('node:assert');
const grpc = require('@grpc/grpc-js');
const health = require('grpc-health-check');
const loader = require('@grpc/proto-loader');
const { echo, FAILURE } = require('./echo.js');

const [address, echoProto] = process.argv.slice(2);
const { EchoService } = echo(echoProto);
const insecure = grpc.credentials.createInsecure();
const client = new EchoService(address, insecure, { 'grpc.max_receive_message_length': -1 });
const soon = (seconds = 30) => ({ deadline: new Date(Date.now() + seconds * 1000) });

const unary = (request, metadata = new grpc.Metadata(), options = soon(), from = client) => new Promise((resolve, reject) => {
  let headers;
  let answer;
  const call = from.Unary(request, metadata, options, (error, response) => (error ? reject(error) : answer = response));
  call.on('metadata', received => { headers = received; });
  call.on('status', status => { if (status.code === grpc.status.OK) resolve({ answer, headers, trailers: status.metadata }); });
});

const failure = promise => promise.then(() => assert.fail('the call did not fail'), error => error);

const all = async stream => {
  const messages = [];
  for await (const message of stream) messages.push(message);
  return messages;
};

const cases = {
  async unary() {
    const { answer } = await unary({ text: 'hello', number: -7 });
    assert.deepStrictEqual([answer.text, answer.number], ['hello', -7]);
  },
  async empty() {
    assert.strictEqual((await unary({})).answer.text, '');
  },
  async large() {
    const data = Buffer.alloc(3000000, 'x');
    assert.ok((await unary({ data })).answer.data.equals(data));
  },
  async client_stream() {
    const answer = await new Promise((resolve, reject) => {
      const call = client.ClientStream(soon(), (error, response) => (error ? reject(error) : resolve(response)));
      for (const text of 'abc') call.write({ text });
      call.end();
    });
    assert.deepStrictEqual([answer.text, answer.number], ['abc', 3]);
  },
  async server_stream() {
    assert.deepStrictEqual((await all(client.ServerStream({ number: 5 }, soon()))).map(answer => answer.number), [0, 1, 2, 3, 4]);
  },
  async duplex() {
    const call = client.Duplex(soon());
    let number = 0;
    call.write({ number });
    for await (const answer of call) {
      assert.strictEqual(answer.number, number);
      if (++number < 100) call.write({ number });
      else call.end();
    }
    assert.strictEqual(number, 100);
  },
  async status() {
    const error = await failure(unary({ text: 'fail' }));
    assert.deepStrictEqual([error.code, error.details, error.metadata.get('reason')], [grpc.status.FAILED_PRECONDITION, FAILURE, ['so']]);
  },
  async unknown_method() {
    const same = value => value;
    const error = await failure(new Promise((resolve, reject) => client.makeUnaryRequest(
      '/distzo.test.v1.EchoService/Nothing', same, same, Buffer.alloc(0), new grpc.Metadata(), soon(),
      (problem, response) => (problem ? reject(problem) : resolve(response)))));
    assert.strictEqual(error.code, grpc.status.UNIMPLEMENTED);
  },
  async metadata() {
    const sent = new grpc.Metadata();
    sent.set('x-text', 'plain');
    sent.set('x-bytes-bin', Buffer.from([0, 255, 44]));
    const { headers, trailers } = await unary({ text: 'metadata' }, sent);
    for (const received of [headers, trailers]) {
      assert.deepStrictEqual(received.get('x-text'), ['plain']);
      assert.ok(received.get('x-bytes-bin')[0].equals(Buffer.from([0, 255, 44])));
    }
  },
  async deadline() {
    const error = await failure(unary({ text: 'wait' }, new grpc.Metadata(), soon(0.2)));
    assert.strictEqual(error.code, grpc.status.DEADLINE_EXCEEDED);
  },
  async cancel() {
    let call;
    const error = failure(new Promise((resolve, reject) => {
      call = client.Unary({ text: 'wait, then say so' }, soon(), (problem, response) => (problem ? reject(problem) : resolve(response)));
    }));
    await all(client.ServerStream({ number: 1, text: 'when it waits' }, soon()));
    call.cancel();
    assert.strictEqual((await error).code, grpc.status.CANCELLED);
  },
  async gzip() {
    const gzip = new EchoService(address, insecure, { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip });
    const error = await failure(unary({ text: 'x'.repeat(1000) }, new grpc.Metadata(), soon(), gzip));
    gzip.close();
    assert.strictEqual(error.code, grpc.status.UNIMPLEMENTED);
    assert.strictEqual((await unary({ text: 'still here' })).answer.text, 'still here');
  },
  async health() {
    // The protocol as that package has it, not ours.
    const { Health } = grpc.loadPackageDefinition(loader.loadSync(health.protoPath, { enums: String })).grpc.health.v1;
    const asking = new Health(address, insecure);
    const check = request => new Promise((resolve, reject) =>
      asking.Check(request, soon(), (error, response) => (error ? reject(error) : resolve(response.status))));
    assert.strictEqual(await check({}), 'SERVING');
    assert.strictEqual((await failure(check({ service: 'unknown' }))).code, grpc.status.NOT_FOUND);
    const watching = asking.Watch({ service: 'unknown' }, soon());
    watching.on('error', () => { }); // cancelled below
    const first = await new Promise(resolve => watching.on('data', answer => resolve(answer.status)));
    watching.cancel();
    asking.close();
    assert.strictEqual(first, 'SERVICE_UNKNOWN');
  },
};

(async () => {
  for (const [name, run] of Object.entries(cases)) {
    await run().then(
      () => console.log(`${name} ok`),
      problem => console.log(`${name} ${`${problem.name}: ${problem.message}`.replace(/\n/g, ' ')}`));
  }
  client.close();
})();
