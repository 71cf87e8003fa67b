using DistZO.Cli.Benchmarks;
using DistZO.Cli.Benchmarks.Gpu;
using DistZO.Cli.Planning;
using DistZO.Devices;
using DistZO.Models;
using Xunit.Abstractions;

namespace DistZO.Cli.Tests.Benchmarks;

/// <summary>The table of docs/gpu.md: what large models take of a GPU with all layers streamed in parts, before any GPU has run them.</summary>
public class OffloadedPeakTests(ITestOutputHelper output)
{
    /// <summary>No byte depends on a rate.</summary>
    private static readonly GpuRates Rates = new(1, 1, 1, 1, 1, 1, Free: 1, Instructions: 1, Capability: 90);

    /// <summary>One sequence of 2,048 tokens in float16; at most half of what ZO2 publishes (arXiv 2503.12668, table 2), and what docs/gpu.md says.</summary>
    [Theory]
    [InlineData("opt-1.3b", 3.75, 0.77)]
    [InlineData("opt-6.7b", 4.99, 1.71)]
    [InlineData("opt-13b", 6.18, 2.29)]
    [InlineData("opt-30b", 8.86, 3.71)]
    [InlineData("opt-175b", 18.04, 8.76)]
    public void Peak_OfAnOffloadedModel_IsHalfOfWhatIsPublished(string shape, double published, double documented)
    {
        var options = new BenchmarkOptions { Shape = shape, Batch = 1, Tokens = 2048, WeightsType = WeightType.Float16 };
        var part = ModelPart.Full(ModelShapes.Find(shape));
        var tiers = new GpuPlan(Rates).Tiers(part, options);
        var (ends, working, peak) = (new ModelSize(part, options.WeightsType, options.WeightsType).EndsBytes, tiers.WorkingBytes, tiers.DeviceBytes);
        var buffers = peak - working - ends;
        output.WriteLine($"{shape}: ends {ends / 1e9:0.00}, buffers {buffers / 1e9:0.00}, working {working / 1e9:0.00}, peak {peak / 1e9:0.00} GB");
        Assert.InRange(peak / 1e9, 0, published / 2);
        Assert.Equal(documented, Math.Round(peak / 1e9, 2));
    }
}
