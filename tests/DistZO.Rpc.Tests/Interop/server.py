"""Serves the test service with grpcio: prints its port, and ends when its input does.

    python3 server.py DESCRIPTOR_FILE...
"""
import sys
import threading
from concurrent import futures

import grpc

from echo import FAILURE, messages

(Echo,) = messages(sys.argv[1:], "distzo.test.v1.EchoMessage")


def unary(request, context):
    if request.text == "fail":
        context.set_trailing_metadata((("reason", "so"),))
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, FAILURE)
    if request.text == "throw":
        raise ValueError("unexpected")
    if request.text == "metadata":
        received = [entry for entry in context.invocation_metadata() if entry[0].startswith("x-")]
        context.send_initial_metadata(received)
        context.set_trailing_metadata(received)
    if request.text == "wait":
        over = threading.Event()
        context.add_callback(over.set)
        over.wait(30)
    return request


def client_stream(requests, context):
    texts = [request.text for request in requests]
    return Echo(text="".join(texts), number=len(texts))


def server_stream(request, context):
    for number in range(request.number):
        yield Echo(text=request.text, number=number)


def duplex(requests, context):
    yield from requests


def handler(make, behaviour):
    return make(behaviour, request_deserializer=Echo.FromString, response_serializer=Echo.SerializeToString)


server = grpc.server(futures.ThreadPoolExecutor(8), options=[("grpc.max_receive_message_length", -1)])
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("distzo.test.v1.EchoService", {
    "Unary": handler(grpc.unary_unary_rpc_method_handler, unary),
    "ClientStream": handler(grpc.stream_unary_rpc_method_handler, client_stream),
    "ServerStream": handler(grpc.unary_stream_rpc_method_handler, server_stream),
    "Duplex": handler(grpc.stream_stream_rpc_method_handler, duplex),
}),))
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
sys.stdin.read()
server.stop(None)
