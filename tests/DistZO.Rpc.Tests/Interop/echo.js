// The test service, read from its .proto.
'use strict';
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

exports.FAILURE = 'Größe 50 %: 大 😀';

exports.echo = proto => grpc.loadPackageDefinition(
  loader.loadSync(proto, { longs: Number, defaults: true })).distzo.test.v1;
