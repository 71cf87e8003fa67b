"""Calls a server of the test service with grpcio; for each case a line: its name and "ok", or what was wrong.

    python3 client.py ADDRESS DESCRIPTOR_FILE...
"""
import sys
import threading

import grpc

from echo import FAILURE, messages

channel = grpc.insecure_channel(sys.argv[1], options=[("grpc.max_receive_message_length", -1)])
Echo, HealthRequest, HealthResponse = messages(
    sys.argv[2:], "distzo.test.v1.EchoMessage", "grpc.health.v1.HealthCheckRequest", "grpc.health.v1.HealthCheckResponse")


def method(kind, name, request=Echo, response=Echo):
    make = getattr(channel, kind)
    return make(name, request_serializer=request.SerializeToString, response_deserializer=response.FromString)


unary = method("unary_unary", "/distzo.test.v1.EchoService/Unary")
client_stream = method("stream_unary", "/distzo.test.v1.EchoService/ClientStream")
server_stream = method("unary_stream", "/distzo.test.v1.EchoService/ServerStream")
duplex = method("stream_stream", "/distzo.test.v1.EchoService/Duplex")
unknown = method("unary_unary", "/distzo.test.v1.EchoService/Nothing")
check = method("unary_unary", "/grpc.health.v1.Health/Check", HealthRequest, HealthResponse)
watch = method("unary_stream", "/grpc.health.v1.Health/Watch", HealthRequest, HealthResponse)


def failure(call, *arguments, **options):
    try:
        call(*arguments, timeout=options.pop("timeout", 30), **options)
    except grpc.RpcError as error:
        return error
    raise AssertionError("the call did not fail")


def same(got, expected):
    assert got == expected, f"{got!r} instead of {expected!r}"


def case_unary():
    same(unary(Echo(text="hello", number=-7), timeout=30), Echo(text="hello", number=-7))


def case_empty():
    same(unary(Echo(), timeout=30), Echo())


def case_large():
    same(unary(Echo(data=b"x" * 3_000_000), timeout=30), Echo(data=b"x" * 3_000_000))


def case_client_stream():
    same(client_stream((Echo(text=text) for text in "abc"), timeout=30), Echo(text="abc", number=3))


def case_server_stream():
    same([answer.number for answer in server_stream(Echo(number=5), timeout=30)], [0, 1, 2, 3, 4])


def case_duplex():
    turn = threading.Semaphore(1)

    def requests():
        for number in range(100):
            turn.acquire()
            yield Echo(number=number)

    numbers = []
    for answer in duplex(requests(), timeout=30):
        numbers.append(answer.number)
        turn.release()  # the next one only after the answer
    same(numbers, list(range(100)))


def case_status():
    error = failure(unary, Echo(text="fail"))
    same((error.code(), error.details()), (grpc.StatusCode.FAILED_PRECONDITION, FAILURE))
    same(dict(error.trailing_metadata()).get("reason"), "so")


def case_unknown_method():
    same(failure(unknown, Echo()).code(), grpc.StatusCode.UNIMPLEMENTED)


def case_metadata():
    _, call = unary.with_call(Echo(text="metadata"), timeout=30, metadata=(("x-text", "plain"), ("x-bytes-bin", b"\x00\xff,")))
    for received in dict(call.initial_metadata()), dict(call.trailing_metadata()):
        same((received.get("x-text"), received.get("x-bytes-bin")), ("plain", b"\x00\xff,"))


def case_deadline():
    same(failure(unary, Echo(text="wait"), timeout=0.2).code(), grpc.StatusCode.DEADLINE_EXCEEDED)


def case_cancel():
    call = unary.future(Echo(text="wait, then say so"), timeout=30)
    server_stream(Echo(number=1, text="when it waits"), timeout=30).next()
    call.cancel()
    same(call.code(), grpc.StatusCode.CANCELLED)


def case_gzip():
    error = failure(unary, Echo(text="x" * 1000), compression=grpc.Compression.Gzip)
    same(error.code(), grpc.StatusCode.UNIMPLEMENTED)
    same(unary(Echo(text="still here"), timeout=30).text, "still here")


def case_health():
    same(check(HealthRequest(), timeout=30).status, 1)
    same(failure(check, HealthRequest(service="unknown")).code(), grpc.StatusCode.NOT_FOUND)
    watching = watch(HealthRequest(service="unknown"), timeout=30)
    same(next(watching).status, 3)
    watching.cancel()


for name, case in [(name[5:], case) for name, case in list(globals().items()) if name.startswith("case_")]:
    try:
        case()
        print(name, "ok", flush=True)
    except Exception as problem:  # each case has its line, whatever happens
        print(name, f"{type(problem).__name__}: {problem}".replace("\n", " "), flush=True)
