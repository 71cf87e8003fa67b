using System.Buffers.Binary;
using DistZO.Optimization;
using DistZO.Runs;
using Google.Protobuf;
using Wire = DistZO.Rpc.V1;

namespace DistZO.Worker;

/// <summary>The worker's side of <c>proto/distzo/v1/coordinator.proto</c>: writes what the coordinator is sent, reads what it sends.</summary>
internal static class CoordinatorWire
{
    /// <summary>Reads a coordinator's message. Throws <see cref="FormatException"/> for one that no coordinator of this version sends.</summary>
    public static CoordinatorMessage Read(Wire.WorkResponse response) => response.MessageCase switch
    {
        Wire.WorkResponse.MessageOneofCase.Step => Read(response.Step),
        Wire.WorkResponse.MessageOneofCase.Welcome => Read(response.Welcome),
        Wire.WorkResponse.MessageOneofCase.Records => new Records(
            response.Records.FirstStep, [.. response.Records.Payloads.Select(payload => payload.Memory)]),
        Wire.WorkResponse.MessageOneofCase.Evaluate => new EvaluateRows(
            response.Evaluate.Step, Number(response.Evaluate.RowStart), Number(response.Evaluate.RowEnd))
        {
            TraceParent = response.Evaluate.Traceparent,
        },
        Wire.WorkResponse.MessageOneofCase.Refold => new Refold(response.Refold.LastAgreedStep, response.Refold.Step),
        Wire.WorkResponse.MessageOneofCase.Finish => new Finish(
            response.Finish.Step, new ChainHash(response.Finish.Chain), RunOutcomes.Parse(response.Finish.Outcome)),
        _ => throw new FormatException("the coordinator sent a message that this version does not know; run the same version of distzo on both"),
    };

    /// <summary>Writes a message to the coordinator.</summary>
    public static Wire.WorkRequest Write(WorkerMessage message) => message switch
    {
        ShareDone done => new Wire.WorkRequest { Report = Write(done) },
        Heartbeat beat => new Wire.WorkRequest
        {
            Heartbeat = new Wire.Heartbeat
            {
                FoldedStep = beat.FoldedStep,
                Progress = (ulong)beat.Progress,
                ResidentBytes = (ulong)beat.ResidentBytes,
            },
        },
        EvaluationDone done => new Wire.WorkRequest { EvaluationReport = Write(done) },
        DigestDone done => new Wire.WorkRequest { DigestReport = Write(done) },
        Hello hello => new Wire.WorkRequest
        {
            Hello = new Wire.Hello { Protocol = (uint)hello.Protocol, WorkerId = hello.WorkerId, Name = hello.Name, Version = hello.Version },
        },
        Ready ready => new Wire.WorkRequest { Ready = Write(ready) },
        Goodbye goodbye => new Wire.WorkRequest { Goodbye = new Wire.Goodbye { Finished = goodbye.Finished, Reason = goodbye.Reason } },
        _ => throw new ArgumentException($"no message: {message.GetType().Name}", nameof(message)),
    };

    private static Welcome Read(Wire.Welcome welcome) => new(
        welcome.Incarnation,
        welcome.Session,
        Recipe.FromJson(welcome.Recipe, "the coordinator's recipe"),
        welcome.Steps,
        TimeSpan.FromSeconds(welcome.HeartbeatSeconds),
        welcome.Parent is { } parent ? new ParentRun(parent.Identity, parent.Steps, new ChainHash(parent.Chain)) : null);

    private static Round Read(Wire.Step step) => new(step.Commit.Memory, step.Assignment is { } assignment ? Read(assignment) : null, step.WantsDigest);

    private static Assignment Read(Wire.Assignment assignment) => new(
        assignment.Step,
        new Share(Number(assignment.ProbeStart), Number(assignment.ProbeEnd), Number(assignment.SampleStart), Number(assignment.SampleEnd)),
        new GridPlace(Number(assignment.PertpRank), Number(assignment.DpRank), Number(assignment.PertpSize), Number(assignment.DpSize)),
        assignment.IsBackup)
    {
        TraceParent = assignment.Traceparent,
    };

    private static Wire.Ready Write(Ready ready)
    {
        var written = new Wire.Ready
        {
            Identity = ready.Identity,
            Step = ready.Step,
            Chain = ready.Chain.Value,
            ZSeconds = ready.ZSeconds,
            Parameters = ready.Parameters,
            WeightsBytes = ready.WeightsBytes,
            Device = ready.Device,
            Threads = (uint)ready.Threads,
            WritesOutput = ready.WritesOutput,
        };
        if (ready.Evaluation is { } rows)
        {
            written.Evaluation = new Wire.EvaluationRows { Digest = rows.Digest, Rows = (uint)rows.Rows };
            written.Evaluation.Labels.AddRange(rows.Labels);
        }

        return written;
    }

    private static Wire.Report Write(ShareDone done)
    {
        var (report, share) = (done.Report, done.Report.Share);
        var written = new Wire.Report
        {
            Incarnation = (uint)report.Incarnation,
            Session = report.Session,
            Step = report.Step,
            Chain = report.Chain.Value,
            ProbeStart = (uint)share.ProbeStart,
            ProbeEnd = (uint)share.ProbeEnd,
            SampleStart = (uint)share.SampleStart,
            SampleEnd = (uint)share.SampleEnd,
            Terms = (uint)report.Terms,
            Microseconds = Microseconds(done.Time),
            Tokens = (uint)done.Tokens,
            ScoringMicroseconds = Microseconds(done.ScoringTime),
        };
        for (var i = 0; i < report.Sums.Count; i++)
        {
            written.Sums.Add(report.Sums[i].Flagged ? 0 : report.Sums[i].Sum);
            if (report.Sums[i].Flagged) written.Flagged.Add((uint)i);
        }

        return written;
    }

    private static Wire.EvaluationReport Write(EvaluationDone done)
    {
        var result = done.Result;
        var written = new Wire.EvaluationReport
        {
            Incarnation = (uint)done.Incarnation,
            Session = done.Session,
            Step = result.Step,
            Chain = done.Chain.Value,
            RowStart = (uint)done.RowStart,
            RowEnd = (uint)done.RowEnd,
            SumHigh = High(result.LossSum),
            SumLow = Low(result.LossSum),
            Terms = (ulong)result.Terms,
            Flagged = (ulong)result.Flagged,
            Undecided = (uint)result.Undecided,
            Microseconds = Microseconds(done.Time),
        };
        if (result.Answers is { } answers)
        {
            written.Scores.AddRange(answers.Sums.Select(sum => new Wire.ExactSum { High = High(sum), Low = Low(sum) }));
            written.Unwritten = (uint)answers.Unwritten;
        }

        if (result.Confusion is not { } table) return written;
        for (var truth = 0; truth < table.Labels.Count; truth++)
        {
            for (var predicted = 0; predicted < table.Labels.Count; predicted++) written.Confusion.Add((uint)table[truth, predicted]);
        }

        return written;
    }

    private static Wire.DigestReport Write(DigestDone done)
    {
        Span<byte> digest = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(digest, done.Digest);
        return new Wire.DigestReport { Step = done.Step, Chain = done.Chain.Value, Digest = ByteString.CopyFrom(digest) };
    }

    private static long High(Int128 sum) => (long)(sum >> 64);

    private static ulong Low(Int128 sum) => (ulong)(sum & ulong.MaxValue);

    /// <summary>Up to 71 minutes; a share that takes longer says so.</summary>
    private static uint Microseconds(TimeSpan time) => (uint)Math.Min(time.TotalMicroseconds, uint.MaxValue);

    private static int Number(uint value) => value <= int.MaxValue ? (int)value : throw new FormatException($"{value} is too large");
}
