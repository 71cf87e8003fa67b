namespace DistZO.Optimization;

/// <summary>
/// A part of a step's work: a half-open range of probes (2d is direction d's plus, 2d + 1 its minus) × a half-open range of samples
/// (slots of the batch). What it evaluates to is a pure function of the weights at the step and of these four numbers.
/// </summary>
public readonly record struct Share(int ProbeStart, int ProbeEnd, int SampleStart, int SampleEnd)
{
    public int Probes => ProbeEnd - ProbeStart;

    public int Samples => SampleEnd - SampleStart;

    /// <summary>True if some cell is in both.</summary>
    public bool Overlaps(Share other) =>
        ProbeStart < other.ProbeEnd && other.ProbeStart < ProbeEnd && SampleStart < other.SampleEnd && other.SampleStart < SampleEnd;

    /// <summary>The cells of this share that are not in <paramref name="other"/>, as at most four shares.</summary>
    public IEnumerable<Share> Without(Share other)
    {
        if (!Overlaps(other))
        {
            yield return this;
            yield break;
        }

        var (top, bottom) = (Math.Max(ProbeStart, other.ProbeStart), Math.Min(ProbeEnd, other.ProbeEnd));
        if (ProbeStart < top) yield return this with { ProbeEnd = top };
        if (bottom < ProbeEnd) yield return this with { ProbeStart = bottom };
        var (left, right) = (Math.Max(SampleStart, other.SampleStart), Math.Min(SampleEnd, other.SampleEnd));
        if (SampleStart < left) yield return new Share(top, bottom, SampleStart, left);
        if (right < SampleEnd) yield return new Share(top, bottom, right, SampleEnd);
    }

    /// <summary>
    /// Cuts the share into at most <paramref name="parts"/> of nearly the same size: along samples as far as they go, since probes of one
    /// direction share its z, then along probes.
    /// </summary>
    public Share[] Split(int parts)
    {
        var here = this;
        var samples = Math.Min(parts, Samples);
        return
        [
            .. new WorkGrid(Probes, Samples).Split(Math.Max(1, parts / samples), samples).Select(s => new Share(
                s.ProbeStart + here.ProbeStart, s.ProbeEnd + here.ProbeStart, s.SampleStart + here.SampleStart, s.SampleEnd + here.SampleStart)),
        ];
    }

    public override string ToString() => $"probes {ProbeStart}..{ProbeEnd} × samples {SampleStart}..{SampleEnd}";
}

/// <summary>All the work of one step: 2q probes × B samples.</summary>
/// <param name="Probes">2q.</param>
/// <param name="Samples">B.</param>
public readonly record struct WorkGrid(int Probes, int Samples)
{
    /// <summary>The grid of every step of a run.</summary>
    public static WorkGrid Of(Recipe recipe) => new(2 * recipe.Get(RecipeKeys.NumDirections), recipe.Get(RecipeKeys.BatchSize));

    /// <summary>All of it as one share: what one machine alone does.</summary>
    public Share Whole => new(0, Probes, 0, Samples);

    /// <summary>True for a share of at least one cell that lies inside the grid.</summary>
    public bool Contains(Share share) =>
        share.ProbeStart >= 0 && share.ProbeStart < share.ProbeEnd && share.ProbeEnd <= Probes
        && share.SampleStart >= 0 && share.SampleStart < share.SampleEnd && share.SampleEnd <= Samples;

    /// <summary>
    /// Cuts the grid into at most <paramref name="probeParts"/> × <paramref name="sampleParts"/> shares of sizes that differ by one
    /// at most. (n, 1) is perturbation parallelism, (1, n) data parallelism, anything else 2D. More parts than probes or samples give
    /// fewer shares.
    /// </summary>
    public Share[] Split(int probeParts, int sampleParts)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(probeParts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleParts, 1);
        (probeParts, sampleParts) = (Math.Min(probeParts, Probes), Math.Min(sampleParts, Samples));
        var shares = new Share[probeParts * sampleParts];
        for (var p = 0; p < probeParts; p++)
        {
            for (var s = 0; s < sampleParts; s++)
            {
                shares[(p * sampleParts) + s] = new Share(
                    Cut(Probes, p, probeParts),
                    Cut(Probes, p + 1, probeParts),
                    Cut(Samples, s, sampleParts),
                    Cut(Samples, s + 1, sampleParts));
            }
        }

        return shares;
    }

    private static int Cut(int length, int part, int parts) => (int)((long)length * part / parts);
}
