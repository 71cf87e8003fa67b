using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Grpc.Core;

namespace DistZO.Rpc.Framing;

/// <summary>
/// Takes length-prefixed messages from a pipe: a flag byte, the length in four bytes (big-endian), the message. One read at a time.
/// Messages are parsed where they lie in the pipe's buffers.
/// </summary>
/// <param name="pipe">Whose bytes they are; not owned.</param>
/// <param name="marshaller">How a message is read.</param>
/// <param name="mostBytes">Longer messages fail with RESOURCE_EXHAUSTED, before their bytes are awaited; null for no limit.</param>
internal sealed class MessageReader<T>(PipeReader pipe, Marshaller<T> marshaller, int? mostBytes) : DeserializationContext
    where T : class
{
    private ReadOnlySequence<byte> _payload;

    public override int PayloadLength => (int)_payload.Length;

    public override byte[] PayloadAsNewBuffer() => _payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _payload;

    /// <summary>
    /// The next message; null at the end. Throws <see cref="RpcException"/> for bytes that are no message,
    /// <see cref="OperationCanceledException"/> if the token fires or the pipe's pending read is cancelled, and what the pipe throws.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<T?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await pipe.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (result.IsCanceled) throw new OperationCanceledException();
            var buffer = result.Buffer;
            if (TryTake(buffer, out _payload)) return Parse();
            if (result.IsCompleted)
            {
                bool torn = !buffer.IsEmpty;
                pipe.AdvanceTo(buffer.End);
                return torn ? throw Broken("The stream ended within a message.") : null;
            }
            pipe.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static RpcException Broken(string detail) => new(new Status(StatusCode.Internal, detail));

    private T Parse()
    {
        var end = _payload.End;
        try
        {
            return marshaller.ContextualDeserializer(this);
        }
        catch (Exception problem)
        {
            throw new RpcException(new Status(StatusCode.Internal, "A message could not be parsed.", problem));
        }
        finally
        {
            _payload = default;
            pipe.AdvanceTo(end);
        }
    }

    private bool TryTake(ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> payload)
    {
        payload = default;
        if (buffer.Length < MessagePrefix.Size) return false;
        Span<byte> prefix = stackalloc byte[MessagePrefix.Size];
        buffer.Slice(0, MessagePrefix.Size).CopyTo(prefix);
        if (prefix[0] == 1) throw Broken("A message is marked as compressed, and no compression was agreed on.");
        if (prefix[0] != 0) throw Broken("Not a gRPC message: its first byte is neither 0 nor 1.");
        uint length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (length > (uint)(mostBytes ?? int.MaxValue)) throw MessagePrefix.TooLarge("received", length, mostBytes ?? int.MaxValue);
        if (buffer.Length - MessagePrefix.Size < length) return false;
        payload = buffer.Slice(MessagePrefix.Size, length);
        return true;
    }
}
