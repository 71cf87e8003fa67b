namespace DistZO.Training.Tests;

/// <summary>Gives every answer the same score.</summary>
internal sealed class FakeScorer(double score, string name = "score") : ITextScorer
{
    public string Name => name;

    public string? StopAt => null;

    public bool IsDisposed { get; private set; }

    public void Score(long step, IReadOnlyList<WrittenAnswer> answers, Span<double> scores) => scores.Fill(score);

    public void Dispose() => IsDisposed = true;
}
