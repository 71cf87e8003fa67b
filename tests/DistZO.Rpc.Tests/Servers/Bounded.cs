namespace DistZO.Rpc.Tests.Servers;

/// <summary>No test waits for ever: a wait that takes this long has hung.</summary>
internal static class Bounded
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    public static Task InTime(this Task task) => task.WaitAsync(Limit);

    public static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(Limit);
}
