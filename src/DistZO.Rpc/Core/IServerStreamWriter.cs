namespace Grpc.Core;

/// <summary>The stream of responses. It ends when its handler does.</summary>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>;
