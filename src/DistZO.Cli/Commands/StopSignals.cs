using System.Runtime.InteropServices;

namespace DistZO.Cli.Commands;

/// <summary>
/// Ctrl-C and SIGTERM as a token: the run finishes its step, flushes and says how to go on. A second signal ends the process at once,
/// which is safe too: nothing but the ledger must survive.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;

    private readonly bool _heedsInterrupt;

    /// <param name="heedsInterrupt">
    /// Whether Ctrl-C is meant for this process. It goes to all processes of a terminal; one that was started by another leaves it to that.
    /// </param>
    public StopSignals(bool heedsInterrupt = true)
    {
        _heedsInterrupt = heedsInterrupt;
        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        if (context.Signal == PosixSignal.SIGINT && !_heedsInterrupt)
        {
            context.Cancel = true;
            return;
        }

        if (_source.IsCancellationRequested) return;
        context.Cancel = true;
        _source.Cancel();
    }
}
