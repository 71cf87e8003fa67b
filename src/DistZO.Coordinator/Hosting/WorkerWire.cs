using DistZO.Optimization;
using DistZO.Runs;
using Google.Protobuf;
using Wire = DistZO.Rpc.V1;

namespace DistZO.Coordinator;

/// <summary>The coordinator's side of <c>proto/distzo/v1/coordinator.proto</c>: reads what workers send, writes what they are sent.</summary>
internal static class WorkerWire
{
    /// <summary>Reads a worker's message. Throws <see cref="FormatException"/> for one that no worker sends.</summary>
    public static WorkerMessage Read(Wire.WorkRequest request) => request.MessageCase switch
    {
        Wire.WorkRequest.MessageOneofCase.Hello => new Hello(
            (int)request.Hello.Protocol, request.Hello.WorkerId, request.Hello.Name, request.Hello.Version),
        Wire.WorkRequest.MessageOneofCase.Ready => Read(request.Ready),
        Wire.WorkRequest.MessageOneofCase.Report => Read(request.Report),
        Wire.WorkRequest.MessageOneofCase.EvaluationReport => Read(request.EvaluationReport),
        Wire.WorkRequest.MessageOneofCase.Heartbeat => new Heartbeat(
            request.Heartbeat.FoldedStep, (long)request.Heartbeat.Progress, (long)request.Heartbeat.ResidentBytes),
        Wire.WorkRequest.MessageOneofCase.DigestReport => Read(request.DigestReport),
        Wire.WorkRequest.MessageOneofCase.Goodbye => new Goodbye(request.Goodbye.Finished, request.Goodbye.Reason),
        _ => throw new FormatException("a message without content"),
    };

    /// <summary>Writes a message to a worker.</summary>
    public static Wire.WorkResponse Write(CoordinatorMessage message) => message switch
    {
        Round round => new Wire.WorkResponse { Step = Write(round) },
        Welcome welcome => new Wire.WorkResponse { Welcome = Write(welcome) },
        Records records => new Wire.WorkResponse { Records = Write(records) },
        EvaluateRows rows => new Wire.WorkResponse
        {
            Evaluate = new Wire.Evaluate { Step = rows.Step, RowStart = (uint)rows.RowStart, RowEnd = (uint)rows.RowEnd, Traceparent = rows.TraceParent },
        },
        Refold refold => new Wire.WorkResponse { Refold = new Wire.Refold { LastAgreedStep = refold.LastAgreedStep, Step = refold.Step } },
        Finish finish => new Wire.WorkResponse
        {
            Finish = new Wire.Finish { Step = finish.Step, Chain = finish.Chain.Value, Outcome = finish.Outcome.Name() },
        },
        _ => throw new ArgumentException($"no message: {message.GetType().Name}", nameof(message)),
    };

    private static Ready Read(Wire.Ready ready) => new(
        ready.Identity,
        ready.Step,
        new ChainHash(ready.Chain),
        ready.Evaluation is { } rows ? new EvaluationRows(rows.Digest, Number(rows.Rows), [.. rows.Labels]) : null,
        double.IsFinite(ready.ZSeconds) ? ready.ZSeconds : throw new FormatException("z_seconds is not finite"),
        ready.Parameters,
        ready.WeightsBytes,
        ready.Device,
        Number(ready.Threads),
        ready.WritesOutput);

    private static ShareDone Read(Wire.Report report)
    {
        var sums = new ProbeSum[report.Sums.Count];
        for (var i = 0; i < sums.Length; i++) sums[i] = new ProbeSum(report.Sums[i], false);
        foreach (var flagged in report.Flagged) sums[flagged < sums.Length ? flagged : throw new FormatException("a flag without a probe")] = new(0, true);
        var share = new Share(Number(report.ProbeStart), Number(report.ProbeEnd), Number(report.SampleStart), Number(report.SampleEnd));
        return new ShareDone(
            new ShareReport(report.Incarnation, report.Session, report.Step, new ChainHash(report.Chain), share, sums, Number(report.Terms)),
            TimeSpan.FromMicroseconds(report.Microseconds),
            Number(report.Tokens))
        {
            ScoringTime = TimeSpan.FromMicroseconds(report.ScoringMicroseconds),
        };
    }

    private static EvaluationDone Read(Wire.EvaluationReport report)
    {
        var (start, end) = (Number(report.RowStart), Number(report.RowEnd));
        var labels = (int)Math.Sqrt(report.Confusion.Count);
        if (labels * labels != report.Confusion.Count) throw new FormatException("the confusion table is not square");
        ConfusionTable? confusion = null;
        if (labels > 0)
        {
            // Their names are the run's; here only their number counts.
            confusion = new ConfusionTable([.. Enumerable.Range(0, labels).Select(i => $"{i}")]);
            for (var i = 0; i < report.Confusion.Count; i++) confusion.Add(i / labels, i % labels, report.Confusion[i]);
        }

        // As with the labels.
        var answers = report.Scores.Count == 0 ? null : new AnswerTotals(
            [.. Enumerable.Range(0, report.Scores.Count).Select(i => $"{i}")],
            [.. report.Scores.Select(sum => Sum(sum.High, sum.Low))],
            Number(report.Unwritten));
        var result = new EvaluationResult(
            Number(report.Step),
            end - start,
            Sum(report.SumHigh, report.SumLow),
            (long)report.Terms,
            (long)report.Flagged,
            Number(report.Undecided),
            confusion,
            answers);
        return new EvaluationDone(
            report.Incarnation, report.Session, new ChainHash(report.Chain), start, end, result, TimeSpan.FromMicroseconds(report.Microseconds));
    }

    private static DigestDone Read(Wire.DigestReport report)
    {
        if (report.Digest.Length != 16) throw new FormatException("a digest has 16 bytes");
        return new DigestDone(report.Step, new ChainHash(report.Chain), System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(report.Digest.Span));
    }

    private static Wire.Welcome Write(Welcome welcome)
    {
        var written = new Wire.Welcome
        {
            Incarnation = (uint)welcome.Incarnation,
            Session = welcome.Session,
            Recipe = welcome.Recipe.ToJson(),
            Steps = welcome.Steps,
            HeartbeatSeconds = (float)welcome.HeartbeatInterval.TotalSeconds,
        };
        if (welcome.Parent is { } parent)
            written.Parent = new Wire.Parent { Identity = parent.IdentityDigest, Steps = parent.Steps, Chain = parent.Chain.Value };
        return written;
    }

    private static Wire.Records Write(Records records)
    {
        var written = new Wire.Records { FirstStep = records.FirstStep };
        written.Payloads.AddRange(records.Payloads.Select(UnsafeByteOperations.UnsafeWrap));
        return written;
    }

    private static Wire.Step Write(Round round)
    {
        // The same bytes go to all workers; nobody changes them.
        var written = new Wire.Step { Commit = UnsafeByteOperations.UnsafeWrap(round.Commit), WantsDigest = round.WantsDigest };
        if (round.Assignment is not { } assignment) return written;
        var (share, place) = (assignment.Share, assignment.Place);
        written.Assignment = new Wire.Assignment
        {
            Step = assignment.Step,
            ProbeStart = (uint)share.ProbeStart,
            ProbeEnd = (uint)share.ProbeEnd,
            SampleStart = (uint)share.SampleStart,
            SampleEnd = (uint)share.SampleEnd,
            PertpRank = (uint)place.PertpRank,
            DpRank = (uint)place.DpRank,
            PertpSize = (uint)place.PertpSize,
            DpSize = (uint)place.DpSize,
            IsBackup = assignment.IsBackup,
            Traceparent = assignment.TraceParent,
        };
        return written;
    }

    private static Int128 Sum(long high, ulong low) => new((ulong)high, low);

    private static int Number(long value) => value is >= 0 and <= int.MaxValue ? (int)value : throw new FormatException($"{value} is too large");
}
