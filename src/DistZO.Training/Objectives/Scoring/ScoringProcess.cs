using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using DistZO.Devices;

namespace DistZO.Training;

/// <summary>
/// A program that answers lines with lines. Its output is read by a thread of its own, and its input written by another, so that neither
/// side waits for the other with full pipes.
/// </summary>
internal sealed class ScoringProcess : IDisposable
{
    /// <summary>For a program to end by itself once its input has ended.</summary>
    private static readonly TimeSpan LastMoments = TimeSpan.FromSeconds(2);

    /// <summary>For what takes no time but on a machine that is very busy: a program that was killed, or closed its output, to be gone.</summary>
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Pulse = TimeSpan.FromSeconds(1);
    private readonly Action? _whileWaiting;
    private readonly Process _process;
    private readonly BlockingCollection<string> _answers = [];
    private readonly Task _reading;
    private readonly Task _listening;
    private volatile string _said = "";

    /// <summary>Starts it. Throws <see cref="BadInputException"/> if that cannot be done.</summary>
    public ScoringProcess(IReadOnlyList<string> command, Action? whileWaiting)
    {
        _whileWaiting = whileWaiting;
        Name = $"'{string.Join(' ', command)}'";
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (string argument in command.Skip(1)) start.ArgumentList.Add(argument);
        try
        {
            _process = Process.Start(start)!;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            throw new BadInputException($"objective: the scoring program {Name} cannot be started ({e.Message.TrimEnd('.')}); is it on this machine?", e);
        }
        _reading = Task.Factory.StartNew(Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _listening = Task.Factory.StartNew(Listen, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The command in quotes, for messages.</summary>
    public string Name { get; }

    /// <summary>Sends lines, to which so many lines are the answer. One exchange at a time.</summary>
    public ExchangedLines Exchange(byte[] lines, int count, TimeSpan timeout)
    {
        if (_answers.TryTake(out string? unasked))
            throw new RunFailedException($"the scoring program {Name} printed '{unasked}', which nobody asked for; it must print one number a line, and nothing else");
        return new ExchangedLines(this, Task.Run(() => Write(lines)), count, timeout);
    }

    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
            // By the end of its input it knows.
            if (!_process.WaitForExit(LastMoments))
            {
                _process.Kill(entireProcessTree: true);
                _process.WaitForExit(Aftermath);
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
        Task.WaitAll([_reading, _listening], LastMoments);
        _process.Dispose();
    }

    private void Read()
    {
        try
        {
            while (_process.StandardOutput.ReadLine() is { } line) _answers.Add(line);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The pipe broke: the end.
        }
        _answers.CompleteAdding();
    }

    private void Listen()
    {
        try
        {
            while (_process.StandardError.ReadLine() is { } line)
            {
                if (line.Trim().Length > 0) _said = line.Trim();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // As above.
        }
    }

    private void Write(byte[] lines)
    {
        try
        {
            _process.StandardInput.BaseStream.Write(lines);
            _process.StandardInput.BaseStream.Flush();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It has ended; whoever waits for an answer says so.
        }
    }

    private string Answer(int index, int count, TimeSpan timeout)
    {
        for (var left = timeout; left > TimeSpan.Zero && !_answers.IsCompleted; left -= Pulse)
        {
            _whileWaiting?.Invoke();
            if (_answers.TryTake(out string? line, left < Pulse ? left : Pulse)) return line;
        }

        if (!_answers.IsCompleted)
        {
            throw new RunFailedException(
                $"the scoring program {Name} has been silent for {timeout.TotalSeconds:0.###} s, after {index} of {count} scores; does it flush its output? "
                + "scorer_timeout sets how long it may take");
        }
        _listening.Wait(Aftermath);
        string how = _process.WaitForExit(Aftermath) ? $"ended with exit code {_process.ExitCode}" : "closed its output";
        string said = _said.Length > 0 ? $"; its last words: {_said}" : "";
        throw new RunFailedException($"the scoring program {Name} {how} after {index} of {count} scores{said}");
    }

    /// <summary>The answers to lines that were sent, one after the other.</summary>
    internal sealed class ExchangedLines(ScoringProcess process, Task writing, int count, TimeSpan timeout) : IDisposable
    {
        private int _taken;

        /// <summary>The next answer. Throws <see cref="RunFailedException"/> if none comes.</summary>
        public string Next() => process.Answer(_taken++, count, timeout);

        /// <summary>All answers are in, so all lines are written; or the program is not to be used any more.</summary>
        public void Dispose()
        {
            if (_taken == count) writing.Wait(timeout);
        }
    }
}
