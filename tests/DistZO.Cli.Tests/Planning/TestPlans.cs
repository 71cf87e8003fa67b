using DistZO.Cli.Planning;
using DistZO.Devices;
using DistZO.Models;

namespace DistZO.Cli.Tests.Planning;

/// <summary>Plans to be worked out by hand.</summary>
internal static class TestPlans
{
    private const int Kilo = 1000;

    /// <summary>A GPU with rates at which seconds can be worked out from numbers of weights.</summary>
    public static DeviceProfile Gpu { get; } = new()
    {
        Name = "test",
        Capability = 90,
        HalfRate = 1e6,
        SingleRate = 1e6,
        ZRate = 1e5,
        Memory = 1000 * Kilo * Kilo,
        UploadRate = 1e5,
        DownloadRate = 1e5,
        FabricRate = 1e6,
    };

    /// <summary>A shape, all of which is trained.</summary>
    public static ModelSize Size(string shape, WeightType type = WeightType.Float32, TransferType? transfer = null) =>
        new(ModelPart.Full(ModelShapes.Find(shape)), type, type, transfer);

    /// <summary>Bytes of the largest part of a layer as it is held.</summary>
    public static long Part(ModelSize model) => Largest(model.Held);

    /// <summary>The same where the host folds and rounds.</summary>
    public static long TransferredPart(ModelSize model) => Largest(model.Transferred);

    /// <summary>Two sequences of two tokens a step, and memory for any model.</summary>
    public static PlanRequest Request(ModelSize model) => new()
    {
        Model = model,
        Device = Gpu,
        Links = [(Gpu.UploadRate, Gpu.DownloadRate)],
        Budget = new MemoryBudget(long.MaxValue / 4, null, null),
        BatchSize = 2,
        Tokens = 2,
    };

    private static long Largest(IReadOnlyList<IReadOnlyList<long>> blocks) => blocks.Skip(1).SkipLast(1).Max(layer => layer.Max());
}
