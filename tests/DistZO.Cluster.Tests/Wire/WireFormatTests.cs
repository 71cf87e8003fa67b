using DistZO.Coordinator;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Worker;
using Google.Protobuf;
using Proto = DistZO.Rpc.V1;

namespace DistZO.Cluster.Tests;

/// <summary>What stands on the wire: every message survives both codecs, the bytes are frozen, and a step's are few.</summary>
public sealed class WireFormatTests
{
    private static readonly ShareDone LargeReport = new(
        new ShareReport(uint.MaxValue, 1000, 1_000_000, new ChainHash(ulong.MaxValue), new Share(1, 2, 2048, 4096), [new ProbeSum(-(1L << 50), false)], 1 << 20),
        TimeSpan.FromSeconds(120),
        1 << 18);

    [Fact]
    public void Report_OfOneDirection_TakesAtMost64Bytes()
    {
        var both = LargeReport with
        {
            Report = LargeReport.Report with { Share = new Share(0, 2, 2048, 4096), Sums = [new(-(1L << 50), false), new(1L << 50, false)] },
        };
        Assert.InRange(CoordinatorWire.Write(LargeReport).CalculateSize(), 40, 64);
        Assert.InRange(CoordinatorWire.Write(both).CalculateSize(), 40, 64);
    }

    [Fact]
    public void Round_OfOneDirection_TakesAtMost96Bytes() =>
        Assert.InRange(WorkerWire.Write(LargeRound()).CalculateSize(), 60, 96);

    [Fact]
    public void Report_Bytes_AreFrozen()
    {
        var report = new ShareReport(
            0x01020304, 7, 300, new ChainHash(0x1122334455667788), new Share(0, 2, 4, 8), [new(5, false), new(0, true)], 9);
        var bytes = CoordinatorWire.Write(new ShareDone(report, TimeSpan.FromMicroseconds(1000), 33)).ToByteArray();
        Assert.Equal("1A270D0403020110" + "0718AC0221887766554433221130023804" + "40084A020A0050095A010160E8076821", Convert.ToHexString(bytes));
    }

    [Fact]
    public void Round_Bytes_AreFrozen()
    {
        var round = new Round(new byte[] { 1, 2, 3 }, new Assignment(300, new Share(0, 2, 4, 8), new GridPlace(0, 1, 1, 2), true), true);
        Assert.Equal("1A1A0A03010203" + "121108AC02180220042808380140014802" + "5001" + "1801", Convert.ToHexString(WorkerWire.Write(round).ToByteArray()));
    }

    [Fact]
    public void MessagesOfAWorker_ThroughTheWire_StayTheSame()
    {
        AssertSame(LargeReport);
        AssertSame(new ShareDone(LargeReport.Report with { Sums = [new(0, true)] }, TimeSpan.FromMicroseconds(5), 0));
        AssertSame(LargeReport with { ScoringTime = TimeSpan.FromMicroseconds(77) });
        AssertSame(new Hello(1, "id", "näme", "0.1"));
        AssertSame(new Ready("{}", 5, new ChainHash(9), new EvaluationRows("abc", 7, ["no", "yes"]), 0.25, 125_000_000, 500_000_000, "CPU", 2, true));
        AssertSame(new Ready("{}", 0, default, null, 0, 1, 4, "CPU", 1, false));
        AssertSame(new Heartbeat(3, 4, 5));
        AssertSame(new DigestDone(8, new ChainHash(1), UInt128.MaxValue - 5));
        AssertSame(new Goodbye(true, "why"));
    }

    [Fact]
    public void Evaluation_ThroughTheWire_StaysTheSame()
    {
        var table = new ConfusionTable(["a", "b"]);
        table.Add(0, 1, 3);
        table.Add(1, 1, 4);
        var sum = (Int128)long.MinValue * 12345;
        var done = new EvaluationDone(1, 2, new ChainHash(3), 10, 17, new EvaluationResult(5, 7, sum, 1L << 40, 2, 1, table), TimeSpan.FromSeconds(1));
        var read = Assert.IsType<EvaluationDone>(WorkerWire.Read(Sent(CoordinatorWire.Write(done), Proto.WorkRequest.Parser)));
        Assert.Equal((sum, 1L << 40, 2L, 1, 7, 5), (read.Result.LossSum, read.Result.Terms, read.Result.Flagged, read.Result.Undecided, read.Result.Rows, read.Result.Step));
        Assert.Equal((0L, 3L, 0L, 4L), (read.Result.Confusion![0, 0], read.Result.Confusion[0, 1], read.Result.Confusion[1, 0], read.Result.Confusion[1, 1]));
        Assert.Equal((10, 17, new ChainHash(3)), (read.RowStart, read.RowEnd, read.Chain));
    }

    [Fact]
    public void Evaluation_OfWrittenAnswers_ThroughTheWireStaysTheSame()
    {
        var answers = new AnswerTotals(["f1", "exact_match"], [(Int128)long.MinValue * 3, (Int128)ulong.MaxValue + 7], 2);
        var done = new EvaluationDone(1, 2, new ChainHash(3), 10, 17, new EvaluationResult(5, 7, 1, 2, 0, 0, null, answers), TimeSpan.FromSeconds(1));
        var read = Assert.IsType<EvaluationDone>(WorkerWire.Read(Sent(CoordinatorWire.Write(done), Proto.WorkRequest.Parser))).Result.Answers!;
        Assert.Equal(answers.Sums, read.Sums);
        Assert.Equal((2, 2), (read.Names.Count, read.Unwritten));
    }

    [Fact]
    public void Evaluation_Bytes_AreFrozen()
    {
        var result = new EvaluationResult(300, 4, 5, 6, 0, 0, null, new AnswerTotals(["f1", "exact_match"], [(1L << 32) + 2, -1], 3));
        var done = new EvaluationDone(0x01020304, 7, new ChainHash(0x1122334455667788), 8, 12, result, TimeSpan.FromMicroseconds(1000));
        Assert.Equal(
            "223F" + "0D04030201" + "1007" + "18AC02" + "218877665544332211" + "2808" + "300C" + "410500000000000000" + "4806" + "68E807"
            + "7209110200000001000000" + "720B080111FFFFFFFFFFFFFFFF" + "7803",
            Convert.ToHexString(CoordinatorWire.Write(done).ToByteArray()));
    }

    [Fact]
    public void MessagesOfACoordinator_ThroughTheWire_StayTheSame()
    {
        AssertSame(new EvaluateRows(3, 4, 5));
        AssertSame(new Refold(6, 7));
        AssertSame(new Finish(9, new ChainHash(10), RunOutcome.StoppedEarly));
        var round = Assert.IsType<Round>(Read(LargeRound()));
        Assert.Equal(LargeRound().Commit.ToArray(), round.Commit.ToArray());
        Assert.Equal((LargeRound().Assignment, LargeRound().WantsDigest), (round.Assignment, round.WantsDigest));
        var records = Assert.IsType<Records>(Read(new Records(12, [new byte[] { 1 }, new byte[] { 2, 3 }])));
        Assert.Equal((12L, "01 0203"), (records.FirstStep, string.Join(' ', records.Payloads.Select(payload => Convert.ToHexString(payload.Span)))));
        var recipe = Recipe.Default.With(RecipeKeys.LearningRate, 3e-5).With(RecipeKeys.Parallelism, Parallelism.Parse("2x3")!.Value);
        var parent = new ParentRun("abc", 5, new ChainHash(6));
        var welcome = Assert.IsType<Welcome>(Read(new Welcome(uint.MaxValue, 5, recipe, 6, TimeSpan.FromSeconds(2), parent)));
        Assert.Equal((recipe.ToJson(), 6L, parent, TimeSpan.FromSeconds(2)), (welcome.Recipe.ToJson(), welcome.Steps, welcome.Parent, welcome.HeartbeatInterval));
    }

    [Fact]
    public void Message_ThatNoWorkerSends_IsRefused()
    {
        Proto.WorkRequest[] requests =
        [
            new(),
            new() { Report = new Proto.Report { Sums = { 1 }, Flagged = { 1 } } },
            new() { Report = new Proto.Report { ProbeEnd = uint.MaxValue } },
            new() { DigestReport = new Proto.DigestReport { Digest = ByteString.CopyFrom(1, 2, 3) } },
            new() { EvaluationReport = new Proto.EvaluationReport { Confusion = { 1, 2, 3 } } },
            new() { Ready = new Proto.Ready { ZSeconds = double.NaN } },
        ];
        foreach (var request in requests) Assert.Throws<FormatException>(() => WorkerWire.Read(request));
    }

    private static Round LargeRound()
    {
        var record = new StepRecord(
            1_000_000, StepStatus.Applied, Method.MezoSgd, [new StepDirection(ulong.MaxValue, long.MinValue / 4, long.MaxValue / 4, -1e-7f)], 1 << 20, 0.999f);
        return new Round(
            RecordCodec.Encode(record), new Assignment(1_000_001, new Share(1, 2, 2048, 4096), new GridPlace(1, 200, 2, 300), true), true);
    }

    private static CoordinatorMessage Read(CoordinatorMessage message) => CoordinatorWire.Read(Sent(WorkerWire.Write(message), Proto.WorkResponse.Parser));

    private static void AssertSame(CoordinatorMessage message) => Assert.Equal(message, Read(message));

    private static void AssertSame(WorkerMessage message)
    {
        var read = WorkerWire.Read(Sent(CoordinatorWire.Write(message), Proto.WorkRequest.Parser));
        Assert.Equivalent(message, read, strict: true);
    }

    private static T Sent<T>(T message, MessageParser<T> parser)
        where T : IMessage<T> => parser.ParseFrom(message.ToByteArray());
}
