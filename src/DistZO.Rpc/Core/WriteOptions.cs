namespace Grpc.Core;

/// <summary>How a message is written.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>The message may wait in the buffer for the next one without this flag.</summary>
    BufferHint = 0x1,

    /// <summary>Nothing is ever compressed here.</summary>
    NoCompress = 0x2,
}

/// <summary>Options of the messages that are written after they were set.</summary>
public class WriteOptions(WriteFlags flags = default)
{
    public static readonly WriteOptions Default = new();

    public WriteFlags Flags { get; } = flags;
}
