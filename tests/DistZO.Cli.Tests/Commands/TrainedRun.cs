namespace DistZO.Cli.Tests.Commands;

/// <summary>A run of nine steps in the folder <c>run</c>, shared by tests that only read it.</summary>
public sealed class TrainedRun : IDisposable
{
    public const int Steps = 9;

    public TrainedRun() => Tiny.Trained("run", Steps, "--save-steps", "3");

    internal TinyRun Tiny { get; } = new();

    public string Output => Tiny["run"];

    public string Ledger => Tiny.LedgerPath("run");

    public void Dispose() => Tiny.Dispose();
}
