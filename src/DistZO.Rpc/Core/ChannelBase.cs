namespace Grpc.Core;

/// <summary>A way to one server; client stubs are made of it.</summary>
public abstract class ChannelBase(string target)
{
    /// <summary>The server's authority: host and port.</summary>
    public string Target { get; } = target ?? throw new ArgumentNullException(nameof(target));

    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Closes the channel; calls in flight are cancelled.</summary>
    public Task ShutdownAsync() => ShutdownAsyncCore();

    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
