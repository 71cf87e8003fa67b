using DistZO.Optimization;

namespace DistZO.Cli.Benchmarks;

/// <summary>One way to share a step out over two workers.</summary>
/// <param name="Name">In the JSON line.</param>
/// <param name="Parallelism">As the recipe says it.</param>
/// <param name="Batch">Sequences a step.</param>
/// <param name="Directions">q.</param>
internal sealed record ScalingCase(string Name, string Parallelism, int Batch, int Directions)
{
    /// <summary>The recipe of its run.</summary>
    public Recipe Recipe(string model, string data) => Optimization.Recipe.Default.WithFlags(
    [
        ("model", model), ("data", data), ("batch-size", $"{Batch}"), ("num-directions", $"{Directions}"), ("parallelism", Parallelism),
        ("max-steps", "100000"), ("digest-steps", "100000"),
    ]);
}
