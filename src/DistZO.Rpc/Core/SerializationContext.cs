using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a marshaller writes one message: the whole array at once, or a length, then its bytes, then the end.</summary>
public abstract class SerializationContext
{
    /// <summary>Sends these bytes as the message.</summary>
    public virtual void Complete(byte[] payload) => throw new NotImplementedException();

    /// <summary>Where to write the message's bytes; to be ended by <see cref="Complete()"/>.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotImplementedException();

    /// <summary>Says, before the first byte, how many bytes there will be.</summary>
    public virtual void SetPayloadLength(int payloadLength)
    {
    }

    /// <summary>Ends a message that was written to <see cref="GetBufferWriter"/>.</summary>
    public virtual void Complete() => throw new NotImplementedException();
}
