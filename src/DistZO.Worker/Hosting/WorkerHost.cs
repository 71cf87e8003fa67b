using DistZO.Devices;
using DistZO.Runs;
using Grpc.Core;
using Grpc.Net.Client;
using Wire = DistZO.Rpc.V1;

namespace DistZO.Worker;

/// <summary>
/// A worker over the network: keeps a connection to its coordinator, computes on the thread that called it, shows that it lives, and
/// comes back with what it knows after a lost connection.
/// </summary>
public sealed class WorkerHost
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstHeartbeat = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(5);

    private readonly HostingOptions _hosting;
    private readonly Action<NoticeLevel, string, string> _notice;
    private readonly TimeProvider _time;
    private readonly Inbox _inbox = new();
    private readonly WorkerRun _run;
    private readonly RunDirectory? _output;
    private readonly CancellationToken _stopping;
    private volatile Connection? _connection;
    private volatile bool _isLeaving;
    private volatile bool _isWaiting;
    private long _lastProgress = -1;

    /// <param name="hosting">Where the coordinator is.</param>
    /// <param name="options">What the worker is told.</param>
    /// <param name="notice">Receives lines for people; from any thread.</param>
    /// <param name="time">The clock.</param>
    public WorkerHost(HostingOptions hosting, WorkerOptions options, Action<NoticeLevel, string, string> notice, TimeProvider time)
    {
        (_hosting, _notice, _time, _output, _stopping) = (hosting, notice, time, options.Output, options.Stopping);
        _run = new WorkerRun(options with { IsSuperseded = () => _inbox.IsSuperseded }, message => _connection?.Send(message), notice, time);
    }

    /// <summary>Works until the run has ended or the worker is asked to stop.</summary>
    /// <returns>How the run ended; null if the worker was stopped before.</returns>
    /// <exception cref="BadInputException">The coordinator refuses this worker, or model and data cannot be opened.</exception>
    /// <exception cref="RunFailedException">The coordinator cannot be reached, or memory or disk do not suffice.</exception>
    public RunOutcome? Run()
    {
        using var ended = new CancellationTokenSource();
        using var wake = _stopping.Register(_inbox.Wake);
        using var beats = _time.CreateTimer(_ => Beat(), null, FirstHeartbeat, FirstHeartbeat);
        var connecting = Task.Run(() => KeepConnected(beats, ended.Token));
        try
        {
            return Work();
        }
        catch (Exception e) when (e is BadInputException or RunFailedException)
        {
            _run.Leave(e.Message);
            throw;
        }
        finally
        {
            // The goodbye goes out before the connection is given up.
            _isLeaving = true;
            _connection?.Complete();
            connecting.Wait(LastWords);
            ended.Cancel();
            _run.Dispose();
        }
    }

    private RunOutcome? Work()
    {
        while (true)
        {
            if (_run.HasFinished) return _run.Outcome;
            if (_stopping.IsCancellationRequested)
            {
                _run.Leave("it was stopped");
                return null;
            }

            _isWaiting = true;
            var item = _inbox.Take(_run.LagsBehind ? TimeSpan.Zero : Timeout.InfiniteTimeSpan);
            _isWaiting = false;
            switch (item)
            {
                case CoordinatorMessage message: _run.Handle(message); break;
                case Connection connection:
                    _connection = connection;
                    _run.Connected();
                    break;
                case RunIsOver when _output is null: return RunOutcome.FinishedBefore;
                case RunIsOver:
                    throw new RunFailedException("the run ended before this worker could write the model; 'distzo export' makes it of the coordinator's ledger");
                case Exception problem: throw problem;
                case null when _run.LagsBehind: _run.CatchUp(); break;
            }
        }
    }

    private void Beat()
    {
        var beat = _run.Beat();
        _connection?.Send(beat);
        // Folding moves the step, computing the progress.
        var progress = beat.Progress + beat.FoldedStep;
        if (_isWaiting || progress != Interlocked.Exchange(ref _lastProgress, progress)) _hosting.Health?.Touch();
    }

    private async Task KeepConnected(ITimer beats, CancellationToken ended)
    {
        using var channel = GrpcChannel.ForAddress(_hosting.Address, new GrpcChannelOptions { HttpHandler = _hosting.Handler, DisposeHttpClient = true });
        var client = new Wire.CoordinatorService.CoordinatorServiceClient(channel);
        var headers = new Metadata();
        if (_hosting.Token is { } token) headers.Add("authorization", $"Bearer {token}");
        var delay = FirstDelay;
        var lostAt = _time.GetTimestamp();
        var (said, everHeard) = (false, false);
        while (!_isLeaving && !ended.IsCancellationRequested)
        {
            var heard = false;
            string problem;
            try
            {
                using var connection = new Connection(client, headers, ended);
                _inbox.Add(connection);
                await connection.Run(message =>
                {
                    if (!heard) _notice(NoticeLevel.Information, "connected", $"connected to the coordinator at {Address}");
                    (heard, everHeard, said) = (true, true, false);
                    if (message is Welcome { HeartbeatInterval.Ticks: > 0 } welcome) beats.Change(welcome.HeartbeatInterval, welcome.HeartbeatInterval);
                    _inbox.Add(message);
                }).ConfigureAwait(false);
                // A coordinator that only goes away says so. Whatever came before, the inbox still holds.
                if (!_isLeaving) _inbox.Add(new RunIsOver());
                return;
            }
            catch (RpcException e)
            {
                if (_isLeaving || _run.HasFinished) return;
                problem = e.Status.Detail.TrimEnd('.');
                if (IsFinal(e.StatusCode))
                {
                    _inbox.Add(new BadInputException($"the coordinator at {Address} refuses this worker: {problem}", e));
                    return;
                }

                if (ConnectionProblem.Of(e.Status.DebugException, _hosting.Address, _time.GetUtcNow(), everHeard) is { } insecure)
                {
                    if (insecure.IsFinal)
                    {
                        _inbox.Add(new BadInputException($"there is no secure connection to the coordinator at {Address}: {insecure.Message}", e));
                        return;
                    }

                    problem = insecure.Message;
                }
            }
            catch (Exception e) when (e is FormatException or BadInputException)
            {
                _inbox.Add(new RunFailedException(e.Message, e));
                return;
            }
            catch (Exception e) when (e is IOException or HttpRequestException or InvalidOperationException or OperationCanceledException)
            {
                if (_isLeaving || _run.HasFinished) return;
                problem = e.Message.TrimEnd('.');
            }
            catch (Exception e)
            {
                // Nobody looks after this task: without a word, the worker would wait for ever.
                _inbox.Add(e);
                return;
            }

            if (heard) (delay, lostAt) = (FirstDelay, _time.GetTimestamp());
            if (_time.GetElapsedTime(lostAt) > _hosting.Patience)
            {
                _inbox.Add(new RunFailedException(
                    $"the coordinator at {Address} cannot be reached ({problem}); start this worker again once it is there"));
                return;
            }

            if (!said) _notice(NoticeLevel.Warning, "connection", $"no connection to the coordinator at {Address} ({problem}); trying again");
            said = true;
            // Jitter, so that a thousand workers do not come back in one moment.
            await Task.Delay(delay * (0.5 + Random.Shared.NextDouble()), _time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
        }
    }

    private string Address => _hosting.Address.GetLeftPart(UriPartial.Authority);

    /// <summary>The coordinator ended the connection, and wants no other.</summary>
    private sealed record RunIsOver;

    private static bool IsFinal(StatusCode code) => code is StatusCode.FailedPrecondition or StatusCode.Unauthenticated
        or StatusCode.PermissionDenied or StatusCode.InvalidArgument or StatusCode.Unimplemented;
}
