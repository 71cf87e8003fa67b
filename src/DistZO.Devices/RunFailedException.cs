namespace DistZO.Devices;

/// <summary>
/// A run could not go on for a reason that may pass (a full disk, a failed fsync, a lock held by another process). The message is
/// one clear line that says what happened, what is safe, and how to go on. The executable prints it and exits with code 1.
/// </summary>
public sealed class RunFailedException : Exception
{
    public RunFailedException(string message) : base(message)
    {
    }

    public RunFailedException(string message, Exception inner) : base(message, inner)
    {
    }
}
