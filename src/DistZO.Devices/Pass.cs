namespace DistZO.Devices;

/// <summary>
/// One forward evaluation's view of the weights: <c>θ + Scale·z(Seed)</c>, read as <c>fma(Scale, z, f32(θ))</c>. Scale is s·ε as one
/// float32. <see cref="Plain"/> reads the weights as they are and makes no z.
/// </summary>
public readonly record struct Probe(ulong Seed, float Scale, bool Perturbed)
{
    public Probe(ulong seed, float scale) : this(seed, scale, true)
    {
    }

    /// <summary>The unperturbed weights.</summary>
    public static Probe Plain => default;
}

/// <summary>
/// A run of consecutive tokens in the packed batch: rows [Start, Start + Length). Each attends to the whole prefix (a range of rows
/// that belong to another sequence, or none) and to itself and its predecessors in its own run; its position is PrefixLength + its
/// place in the run. Options of a multiple-choice sample share their prompt this way.
/// </summary>
public readonly record struct TokenSequence(int Start, int Length, int PrefixStart, int PrefixLength)
{
    /// <summary>
    /// Where keys and values of its own tokens begin, in rows of the buffers of keys and values. <see cref="PrefixStart"/> counts in
    /// these too. They are rows of the pass itself, or of a cache that outlives it.
    /// </summary>
    public int KeyStart { get; init; } = Start;
}

/// <summary>
/// What every kernel of one forward pass shares: the packed tokens (no padding), the probes that are evaluated side by side, and the
/// step whose weights they see. A kernel that visits a parameter first folds the updates it lacks, so one pass reads each weight
/// once and writes it at most once, whatever the number of probes.
/// </summary>
public sealed record Pass
{
    /// <summary>Token ids of all sequences, one after the other.</summary>
    public required ReadOnlyMemory<int> Tokens { get; init; }

    /// <summary>Sequences that cover <see cref="Tokens"/> without gaps, in order; a prefix comes before what uses it.</summary>
    public required IReadOnlyList<TokenSequence> Sequences { get; init; }

    /// <summary>Evaluated side by side. Probes of one direction stand next to each other, so that its z is made once.</summary>
    public required IReadOnlyList<Probe> Probes { get; init; }

    /// <summary>The committed updates.</summary>
    public required UpdateHistory Updates { get; init; }

    /// <summary>Every weight is seen at exactly this step.</summary>
    public required int Step { get; init; }

    /// <summary>
    /// Whether weights are seen as their transfer rounds them (<see cref="Parameter.Transfer"/>), as the probes of a step do. z is added to
    /// the rounded weight. Evaluations see the weights that a run exports.
    /// </summary>
    public bool IsRounded { get; init; }

    /// <summary>
    /// Called before each block. It may throw, which gives the pass up: every weight knows how far it is folded, so the next pass goes
    /// on from there.
    /// </summary>
    public Action? BeforeBlock { get; init; }
}
