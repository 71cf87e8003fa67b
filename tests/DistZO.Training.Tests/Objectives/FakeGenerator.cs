using DistZO.Devices;

namespace DistZO.Training.Tests;

/// <summary>Writes what it was made with for a line and a probe's scale.</summary>
internal sealed class FakeGenerator(Func<int, float, string?> write) : ITextGenerator
{
    public int TokensHeld(EncodedExample sample) => sample.Prompt.Length;

    public void Generate(int step, Probe probe, ReadOnlySpan<EncodedExample> samples, Span<string?> texts)
    {
        for (int i = 0; i < samples.Length; i++) texts[i] = write(samples[i].Line, probe.Scale);
    }
}
