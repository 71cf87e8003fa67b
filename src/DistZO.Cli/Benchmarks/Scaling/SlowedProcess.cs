using System.Diagnostics;

namespace DistZO.Cli.Benchmarks;

/// <summary>Lets a process run for a part of the time only, a few milliseconds at a time, until disposed.</summary>
internal sealed class SlowedProcess : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(20);

    private readonly Process _process;
    private readonly double _part;
    private readonly Thread _thread;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private volatile bool _ending;
    private TimeSpan _ran;

    /// <param name="process">Which one.</param>
    /// <param name="part">Of the time: 0.25 for a quarter.</param>
    public SlowedProcess(Process process, double part)
    {
        (_process, _part) = (process, part);
        _thread = new Thread(Slow) { IsBackground = true, Name = "distzo-slow", Priority = ThreadPriority.Highest };
        _thread.Start();
    }

    /// <summary>The part of the time that it did run.</summary>
    public double Part => _ran / _clock.Elapsed;

    public void Dispose()
    {
        _ending = true;
        _thread.Join();
    }

    private void Slow()
    {
        while (!_ending)
        {
            // What was too long or too short before is made up for.
            var due = (_clock.Elapsed + Period) * _part;
            if (due > _ran)
            {
                LinuxProcess.SetRunning(_process, running: true);
                var began = _clock.Elapsed;
                Thread.Sleep(due - _ran);
                LinuxProcess.SetRunning(_process, running: false);
                _ran += _clock.Elapsed - began;
            }

            var rest = (_ran / _part) - _clock.Elapsed;
            if (rest > TimeSpan.Zero) Thread.Sleep(rest);
        }

        LinuxProcess.SetRunning(_process, running: true);
    }
}
