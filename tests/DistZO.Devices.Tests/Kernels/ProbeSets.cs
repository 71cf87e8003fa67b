namespace DistZO.Devices.Tests.Kernels;

/// <summary>The probes that a pass may have, by name.</summary>
internal static class ProbeSets
{
    private const float Epsilon = 1e-2f;

    /// <summary>The names, for theories.</summary>
    public static TheoryData<string> Names => ["plain", "one sign", "pair", "two directions", "three directions", "pair and plain"];

    public static Probe[] Of(string name) => name switch
    {
        "plain" => [Probe.Plain],
        "one sign" => [new Probe(7, -Epsilon)],
        "pair" => Pair(7),
        // A share of one sign each: neighbours that share no z.
        "two directions" => [new Probe(7, -Epsilon), new Probe(8, Epsilon)],
        "three directions" => [.. Pair(7), .. Pair(8), .. Pair(9)],
        "pair and plain" => [.. Pair(7), Probe.Plain],
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    private static Probe[] Pair(ulong seed) => [new Probe(seed, Epsilon), new Probe(seed, -Epsilon)];
}
