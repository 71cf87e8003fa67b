using DistZO.Devices;

namespace DistZO.Worker;

/// <summary>
/// A worker listens nowhere, so a file tells whoever watches it that it lives: it is touched as long as the work goes on or there is none.
/// A worker that is stuck in a computation stops touching it.
/// </summary>
/// <param name="path">The file; what it holds does not matter.</param>
public sealed class HealthFile(string path)
{
    /// <summary>A file that was not touched for so long belongs to a worker that is stuck; a coordinator waits as long for a first report.</summary>
    public static readonly TimeSpan MostAge = TimeSpan.FromMinutes(10);

    /// <summary>Touches the file for the first time. Throws <see cref="BadInputException"/> if that is not possible.</summary>
    /// <param name="option">Names it in the error.</param>
    public void Begin(string option)
    {
        try
        {
            File.WriteAllBytes(path, []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{option}: cannot write '{path}' ({e.Message.TrimEnd('.')}); name a file in a folder that can be written", e);
        }
    }

    /// <summary>Says that the worker lives. A disk that is full is no reason to die: the check fails then, and says so.</summary>
    public void Touch()
    {
        try
        {
            File.WriteAllBytes(path, []);
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Told by the age of the file.
        }
    }

    /// <summary>How long ago a worker touched its file; null if there is none.</summary>
    public static TimeSpan? Age(string path) => File.Exists(path) ? DateTime.UtcNow - File.GetLastWriteTimeUtc(path) : null;
}
