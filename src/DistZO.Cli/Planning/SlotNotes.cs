namespace DistZO.Cli.Planning;

/// <summary>What a slot does for each visit, by its number: others may wait for it before the slot has asked for it.</summary>
/// <param name="kept">Visits that are asked for, back from the newest, at most.</param>
internal sealed class VisitWorks(int kept)
{
    private readonly (int Visit, Work? Work)[] _works = new (int, Work?)[kept];

    /// <summary>That of a visit.</summary>
    public Work Of(int visit)
    {
        ref var noted = ref _works[visit % _works.Length];
        if (noted.Work is null || noted.Visit != visit) noted = (visit, new Work());
        return noted.Work!;
    }
}

/// <summary>What the other slots may wait for.</summary>
/// <param name="kept">As <see cref="VisitWorks"/>.</param>
internal sealed class SlotNotes(int kept)
{
    /// <summary>Its part, or all of the block, is there.</summary>
    public VisitWorks Uploaded { get; } = new(kept);

    /// <summary>Its part is folded.</summary>
    public VisitWorks Folded { get; } = new(kept);

    /// <summary>The parts of all others are there.</summary>
    public VisitWorks Gathered { get; } = new(kept);

    /// <summary>What it writes back is stored.</summary>
    public VisitWorks Written { get; } = new(kept);

    /// <summary>Visits whose upload is asked for.</summary>
    public int Uploads { get; set; }

    /// <summary>Visits whose gather is asked for.</summary>
    public int Gathers { get; set; }
}
