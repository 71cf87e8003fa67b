namespace DistZO.Devices;

/// <summary>
/// An exclusive lock (flock on Unix) on a file that is there for that alone. The system drops the lock when the process ends, however it
/// ends; the empty file stays and means nothing.
/// </summary>
public static class FileLock
{
    /// <summary>Takes the lock, to be held until the result is disposed of.</summary>
    /// <param name="path">The file to lock; made if it is not there.</param>
    /// <param name="refusal">What to tell when another process, or another holder in this one, has the lock.</param>
    /// <exception cref="RunFailedException">Somebody holds it.</exception>
    /// <exception cref="BadInputException">The file cannot be made there.</exception>
    public static IDisposable Take(string path, string refusal)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException) && File.Exists(path))
        {
            throw new RunFailedException(refusal, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.Explain(path, e);
        }
    }
}
