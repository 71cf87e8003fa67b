using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace DistZO.Rpc.Framing;

/// <summary>
/// Puts length-prefixed messages into a buffer. A marshaller that says its length first (as that of protobuf does) writes straight
/// into it.
/// </summary>
/// <param name="marshaller">How a message is written.</param>
/// <param name="mostBytes">Longer messages fail with RESOURCE_EXHAUSTED; null for no limit.</param>
internal sealed class MessageWriter<T>(Marshaller<T> marshaller, int? mostBytes) : SerializationContext
    where T : class
{
    /// <summary>A larger hint would make the buffer allocate an array of its own; larger messages come in pieces.</summary>
    private const int LargestHint = 16 * 1024;

    private IBufferWriter<byte>? _buffer;
    private ArrayBufferWriter<byte>? _unmeasured;
    private int? _length;
    private bool _completed;

    /// <summary>A message failed after some of its bytes were written: the stream can't go on.</summary>
    public bool IsTorn { get; private set; }

    /// <summary>Writes a message. Throws <see cref="RpcException"/> for one that is too large or that its marshaller can't write.</summary>
    public void Write(T message, IBufferWriter<byte> buffer)
    {
        (_buffer, _length, _unmeasured, _completed) = (buffer, null, null, false);
        try
        {
            marshaller.ContextualSerializer(message, this);
            if (!_completed) throw new InvalidOperationException("The marshaller did not complete its message.");
            IsTorn = false;
        }
        catch (Exception problem) when (problem is not RpcException)
        {
            throw new RpcException(new Status(StatusCode.Internal, "A message could not be written.", problem));
        }
        finally
        {
            _buffer = null;
        }
    }

    public override void SetPayloadLength(int payloadLength)
    {
        Check(payloadLength);
        _length = payloadLength;
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        if (_length is not { } length) return _unmeasured ??= new ArrayBufferWriter<byte>();
        if (!IsTorn) WritePrefix(length);
        return _buffer!;
    }

    public override void Complete()
    {
        if (_unmeasured is not null) Copy(_unmeasured.WrittenSpan);
        _completed = true;
    }

    public override void Complete(byte[] payload)
    {
        Copy(payload);
        _completed = true;
    }

    private void Copy(ReadOnlySpan<byte> payload)
    {
        Check(payload.Length);
        WritePrefix(payload.Length);
        _buffer!.Write(payload);
    }

    private void WritePrefix(int length)
    {
        var prefix = _buffer!.GetSpan(Math.Min(MessagePrefix.Size + length, LargestHint));
        prefix[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], length);
        _buffer.Advance(MessagePrefix.Size);
        IsTorn = true; // until the rest has followed
    }

    private void Check(int length)
    {
        if (length > mostBytes) throw MessagePrefix.TooLarge("to be sent", length, mostBytes.Value);
    }
}
