using System.Diagnostics;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Worker;
using Grpc.Core;
using Grpc.Net.Client;
using Wire = DistZO.Rpc.V1;

namespace DistZO.Cli.Benchmarks;

/// <summary>
/// A worker without a model, on a connection of its own: it speaks the protocol as a real one does, and its shares are waits. With a
/// wait, messages are handled on a thread of its own, as in a real worker; without one, where they come in.
/// </summary>
internal sealed class SimulatedRank : IAsyncDisposable
{
    /// <summary>Loss terms of a sample, and their size in units of 2⁻³²: sums as long as real ones.</summary>
    private const int TermsOfSample = 63;

    private const double Loss = 4.2 * 4294967296.0;

    private readonly string _name;
    private readonly RunIdentity _identity;
    private readonly TimeSpan _wait;
    private readonly Action<long, TimeSpan> _onShare;
    private readonly RunHistory _history;
    private readonly SocketMeter _meter = new();
    private readonly GrpcChannel _channel;
    private readonly Connection _connection;
    private readonly Inbox _inbox = new();
    private readonly Thread? _thread;
    private readonly Task _running;
    private Welcome? _welcome;
    private bool _ended;

    /// <param name="address">The coordinator.</param>
    /// <param name="name">For people.</param>
    /// <param name="identity">Of the run.</param>
    /// <param name="wait">What a share takes.</param>
    /// <param name="onShare">Is told a share's step and what it really took, before it is reported; on any thread.</param>
    public SimulatedRank(Uri address, string name, RunIdentity identity, TimeSpan wait, Action<long, TimeSpan> onShare)
    {
        (_name, _identity, _wait, _onShare) = (name, identity, wait, onShare);
        _history = new RunHistory(identity.Start);
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = _meter.Handler, DisposeHttpClient = true });
        _connection = new Connection(new Wire.CoordinatorService.CoordinatorServiceClient(_channel), new Metadata(), CancellationToken.None);
        _connection.Send(new Hello(Hello.CurrentProtocol, Guid.NewGuid().ToString("n"), name, "0"));
        if (wait > TimeSpan.Zero)
        {
            _thread = new Thread(Work) { IsBackground = true, Name = name };
            _thread.Start();
        }

        _running = Run();
    }

    /// <summary>What went over its socket so far.</summary>
    public SocketCount Socket => _meter.Count();

    /// <summary>Shows that it lives.</summary>
    public void Beat() => _connection.Send(new Heartbeat(_history.Steps, _history.Steps, 1 << 28));

    public async ValueTask DisposeAsync()
    {
        _connection.Dispose();
        await _running.ConfigureAwait(false);
        _inbox.Add(new OperationCanceledException());
        _thread?.Join();
        _channel.Dispose();
    }

    private async Task Run()
    {
        try
        {
            await _connection.Run(_thread is null ? Handle : _inbox.Add).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RpcException or IOException or HttpRequestException or OperationCanceledException)
        {
            // The run is over.
        }
    }

    private void Work()
    {
        while (!_ended && _inbox.Take(Timeout.InfiniteTimeSpan) is CoordinatorMessage message) Handle(message);
    }

    private void Handle(CoordinatorMessage message)
    {
        switch (message)
        {
            case Welcome welcome:
                _welcome = welcome;
                _connection.Send(new Ready(
                    _identity.Canonical, 0, _identity.Start, null, _wait.TotalSeconds / 100, 125_000_000, 500_000_000, "simulated", 1, false));
                break;
            case Records records:
                foreach (var payload in records.Payloads) _history.Append(payload.Span);
                break;
            case Round round:
                if (round.Commit.Length > 0) _history.Append(round.Commit.Span);
                if (round.Assignment is { } assignment) Evaluate(assignment);
                if (round.WantsDigest) _connection.Send(new DigestDone(_history.Steps, _history.Chain, 0));
                break;
            case Finish:
                _ended = true;
                _connection.Send(new Goodbye(true, ""));
                _connection.Complete();
                break;
        }
    }

    private void Evaluate(Assignment assignment)
    {
        var began = Stopwatch.GetTimestamp();
        if (_wait > TimeSpan.Zero) Thread.Sleep(_wait);
        var share = assignment.Share;
        var terms = TermsOfSample * share.Samples;
        // The probes of a direction differ by a little, as they do in a real step.
        ProbeSum[] sums = [.. Enumerable.Range(share.ProbeStart, share.Probes).Select(probe =>
            new ProbeSum((long)(Loss * terms) + (probe % 2 == 0 ? 12345678L : 0) * share.Samples, false))];
        var report = new ShareReport(_welcome!.Incarnation, _welcome.Session, assignment.Step, _history.Chain, share, sums, terms);
        var time = Stopwatch.GetElapsedTime(began);
        _onShare(assignment.Step, time);
        _connection.Send(new ShareDone(report, time, terms + share.Samples));
    }
}
