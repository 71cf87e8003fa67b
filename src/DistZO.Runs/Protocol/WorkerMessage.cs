using DistZO.Optimization;

namespace DistZO.Runs;

/// <summary>What a worker says to its coordinator. <c>proto/distzo/v1/coordinator.proto</c> says the same on the wire.</summary>
public abstract record WorkerMessage;

/// <summary>Who is there.</summary>
/// <param name="Protocol">The version of the protocol that it speaks.</param>
/// <param name="WorkerId">Random, of this worker process; a second session under it replaces the first.</param>
/// <param name="Name">For people.</param>
/// <param name="Version">The program's version.</param>
public sealed record Hello(int Protocol, string WorkerId, string Name, string Version) : WorkerMessage
{
    /// <summary>The protocol that this version of the program speaks.</summary>
    public const int CurrentProtocol = 1;
}

/// <summary>The worker has opened its model and its data.</summary>
/// <param name="Identity">The run's identity on its inputs, canonical JSON.</param>
/// <param name="Step">It knows the records up to this step …</param>
/// <param name="Chain">… of the run with this chain hash there.</param>
/// <param name="Evaluation">The held-out rows, if it has them.</param>
/// <param name="ZSeconds">Seconds to make z once for all trained weights.</param>
/// <param name="Parameters">Trained weights.</param>
/// <param name="WeightsBytes">Their size.</param>
/// <param name="Device">For people.</param>
/// <param name="Threads">That it computes on.</param>
/// <param name="WritesOutput">Whether it writes the model at the end.</param>
public sealed record Ready(
    string Identity,
    long Step,
    ChainHash Chain,
    EvaluationRows? Evaluation,
    double ZSeconds,
    long Parameters,
    long WeightsBytes,
    string Device,
    int Threads,
    bool WritesOutput) : WorkerMessage;

/// <summary>A data set of held-out rows.</summary>
/// <param name="Digest">SHA-256 of the encoded rows, hexadecimal.</param>
/// <param name="Rows">How many.</param>
/// <param name="Labels">With choices, the labels in order; else empty.</param>
public sealed record EvaluationRows(string Digest, int Rows, IReadOnlyList<string> Labels);

/// <summary>A share is evaluated.</summary>
/// <param name="Report">What it came to.</param>
/// <param name="Time">That it took.</param>
/// <param name="Tokens">That one probe read.</param>
public sealed record ShareDone(ShareReport Report, TimeSpan Time, int Tokens) : WorkerMessage
{
    /// <summary>Of its time, what went into scoring what the model wrote.</summary>
    public TimeSpan ScoringTime { get; init; }
}

/// <summary>Held-out rows are evaluated.</summary>
/// <param name="Incarnation">The start of the coordinator that asked for it.</param>
/// <param name="Session">Who reports.</param>
/// <param name="Chain">The ledger's chain hash at the step: the weights that were evaluated.</param>
/// <param name="RowStart">First row.</param>
/// <param name="RowEnd">Behind the last row.</param>
/// <param name="Result">What they came to.</param>
/// <param name="Time">That it took.</param>
public sealed record EvaluationDone(
    ulong Incarnation, ulong Session, ChainHash Chain, int RowStart, int RowEnd, EvaluationResult Result, TimeSpan Time) : WorkerMessage;

/// <summary>The worker is alive.</summary>
/// <param name="FoldedStep">Its weights are folded up to this step.</param>
/// <param name="Progress">Grows with every block that is visited.</param>
/// <param name="ResidentBytes">Memory that the process holds.</param>
public sealed record Heartbeat(long FoldedStep, long Progress, long ResidentBytes) : WorkerMessage;

/// <summary>The digest of the weights at a step (philox-v1).</summary>
public sealed record DigestDone(long Step, ChainHash Chain, UInt128 Digest) : WorkerMessage;

/// <summary>The worker's last word.</summary>
/// <param name="Finished">True after <see cref="Finish"/>, once all that was to be done is done.</param>
/// <param name="Reason">For people, if it leaves for another reason.</param>
public sealed record Goodbye(bool Finished, string Reason) : WorkerMessage;
