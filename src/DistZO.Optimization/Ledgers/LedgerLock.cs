using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>
/// Makes sure that a ledger has one writer: an exclusive lock (flock on Unix) on a file beside it. The system drops the lock when the
/// process ends, however it ends; the empty file stays and means nothing. It is not the ledger itself that is locked, since readers
/// may look at it at any time.
/// </summary>
internal static class LedgerLock
{
    public const string Suffix = ".lock";

    /// <summary>Takes the lock, to be held until the result is disposed of.</summary>
    /// <exception cref="RunFailedException">Another process, or another writer in this one, holds it.</exception>
    public static IDisposable Take(string ledger)
    {
        try
        {
            return new FileStream(ledger + Suffix, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException) && File.Exists(ledger + Suffix))
        {
            throw new RunFailedException(
                $"another process writes to '{ledger}' (it holds the lock on '{ledger}{Suffix}'); wait for it to end, or stop it", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.Explain(ledger + Suffix, e);
        }
    }
}
