namespace DistZO.Cli.Benchmarks;

/// <summary>
/// What the coordinator adds to a step, and how many workers it can keep going. Its workers are simulated, on loopback connections of
/// their own; they share this machine's cores with it.
/// </summary>
internal static class CoordinatorBenchmark
{
    private const int DefaultSteps = 500;
    private const double MostOverhead = 500e-6;
    private const double FewestSteps = 20;
    private const int MostUp = 64, MostDown = 96, MostSocket = 300;

    public static BenchmarkResult Run(BenchmarkOptions options)
    {
        var steps = options.Steps ?? DefaultSteps;
        var wait = TimeSpan.FromMilliseconds(options.ShareMilliseconds);
        var timed = new LoopbackRun(options.Workers, wait, warmUp: Math.Min(steps, 300), steps).Measure().GetAwaiter().GetResult();
        var crowdSteps = Math.Max(1, steps / 5);
        var crowd = new LoopbackRun(options.Crowd, TimeSpan.Zero, warmUp: Math.Min(crowdSteps, 30), crowdSteps).Measure().GetAwaiter().GetResult();

        var fsync = Median(timed.Commits.Select(commit => commit.Flush));
        double[] overhead = [.. timed.Seconds.Select((seconds, i) => seconds - timed.Slowest[i] - timed.Commits[i].Flush)];
        var messages = Median(timed.Commits.Select((commit, i) => commit.Step - timed.Slowest[i]));
        var bookkeeping = Median(timed.Commits.Select(commit => commit.Commit - commit.Flush));
        var median = Median(overhead);
        var rate = crowd.Seconds.Length / crowd.Seconds.Sum();
        var socket = (double)(timed.Socket.Up + timed.Socket.Down) / timed.RankSteps;
        var packets = (double)timed.Socket.Packets / timed.RankSteps;
        var withPackets = socket + (packets * SocketMeter.PacketHeader);
        return new BenchmarkResult("coordinator")
            .With("workers", options.Workers)
            .With("share_ms", options.ShareMilliseconds)
            .With("steps", steps)
            .With("overhead_us", median * 1e6, 1)
            .With("overhead_p95_us", Percentile(overhead, 0.95) * 1e6, 1)
            .With("messages_us", messages * 1e6, 1)
            .With("bookkeeping_us", bookkeeping * 1e6, 1)
            .With("fsync_us", fsync * 1e6, 1)
            .With("fsync_p95_us", Percentile(timed.Commits.Select(commit => commit.Flush), 0.95) * 1e6, 1)
            .With("overhead_share_of_limit", median / MostOverhead, 4)
            .With("payload_up_bytes", timed.Up, 1)
            .With("payload_down_bytes", timed.Down, 1)
            .With("socket_up_bytes", (double)timed.Socket.Up / timed.RankSteps, 1)
            .With("socket_down_bytes", (double)timed.Socket.Down / timed.RankSteps, 1)
            .With("socket_bytes", socket, 1)
            .With("packets", packets, 2)
            .With("socket_bytes_with_tcp_ip", withPackets, 1)
            .With("crowd", options.Crowd)
            .With("crowd_steps", crowdSteps)
            .With("crowd_steps_per_second", rate, 2)
            .With("crowd_steps_over_limit", rate / FewestSteps, 4)
            .With("crowd_fsync_us", Median(crowd.Commits.Select(commit => commit.Flush)) * 1e6, 1)
            .With("crowd_payload_up_bytes", crowd.Up, 1)
            .With("crowd_payload_down_bytes", crowd.Down, 1)
            .Say($"{options.Workers} workers, shares of {options.ShareMilliseconds} ms: {median * 1e6:0} µs a step beside the slowest share and the fsync")
            .Say($"{median / MostOverhead:0.00} of the {MostOverhead * 1e6:0} µs allowed; {Percentile(overhead, 0.95) * 1e6:0} µs at 95%; fsync {fsync * 1e6:0} µs")
            .Say($"of it messages {messages * 1e6:0} µs, bookkeeping {bookkeeping * 1e6:0} µs")
            .Say($"payload a rank and step: {timed.Up:0.0} bytes up (at most {MostUp}), {timed.Down:0.0} down (at most {MostDown})")
            .Say($"on the socket: {socket:0.0} bytes, HTTP/2 included (at most {MostSocket}); with TCP and IP headers {withPackets:0.0}, {packets:0.00} packets")
            .Say($"{options.Crowd} workers on as many connections: {rate:0.0} steps/s (at least {FewestSteps:0})");
    }

    private static double Median(IEnumerable<double> values) => Percentile(values, 0.5);

    private static double Percentile(IEnumerable<double> values, double part)
    {
        double[] sorted = [.. values.Order()];
        return sorted[(int)(part * (sorted.Length - 1))];
    }
}
