using System.Text;
using DistZO.Devices;

namespace DistZO.Runs;

/// <summary>Reads the files that <see cref="TraceFile"/> writes, also those that a kill has cut off.</summary>
public static class TraceReader
{
    /// <summary>Reads and checks all of it.</summary>
    /// <exception cref="BadInputException">There is no such file, it is no trace, or it is damaged other than by being cut off.</exception>
    public static TraceContents Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length == 0) throw new BadInputException($"'{path}' is empty; a trace is made with distzo train --trace FILE");
            if (!TraceEvents.IsTrace(file)) throw new BadInputException($"'{path}' is no trace; one is made with distzo train --trace FILE");
            file.Position = 0;
            using var text = new StreamReader(file);
            return Read(path, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"cannot read '{path}' ({e.Message.TrimEnd('.')})", e);
        }
    }

    private static TraceContents Read(string path, StreamReader text)
    {
        var events = new TraceEventReader();
        text.ReadLine();
        var line = text.ReadLine();
        for (var number = 2; line is not null and not "]"; number++)
        {
            // A kill or a power cut may have torn the last one, or left zeros of it.
            var next = text.ReadLine();
            var problem = events.Take(line.AsMemory().TrimEnd(','));
            var isTorn = next is null || line.Contains('\0', StringComparison.Ordinal);
            if (problem is not null && !isTorn)
                throw new BadInputException($"{path}:{number}: {problem}; the trace is damaged, so make it again");
            line = problem is null ? next : null;
        }

        return events.Finish(path, isCut: line is null);
    }
}
