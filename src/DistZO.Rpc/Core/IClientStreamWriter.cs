namespace Grpc.Core;

/// <summary>The stream of requests.</summary>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Says that no more requests will come; the responses go on.</summary>
    Task CompleteAsync();
}
