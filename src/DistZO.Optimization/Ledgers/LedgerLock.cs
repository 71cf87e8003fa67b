using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>
/// Makes sure that a ledger has one writer: a lock on a file beside it. It is not the ledger itself that is locked, since readers may
/// look at it at any time.
/// </summary>
internal static class LedgerLock
{
    public const string Suffix = ".lock";

    /// <summary>Takes the lock, to be held until the result is disposed of.</summary>
    /// <exception cref="RunFailedException">Another process, or another writer in this one, holds it.</exception>
    public static IDisposable Take(string ledger) => FileLock.Take(
        ledger + Suffix, $"another process writes to '{ledger}' (it holds the lock on '{ledger}{Suffix}'); wait for it to end, or stop it");
}
