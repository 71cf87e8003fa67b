using System.Globalization;

namespace DistZO.Optimization;

/// <summary>What of a model is trained.</summary>
public enum TrainedPartKind
{
    /// <summary>All of it.</summary>
    Full,

    /// <summary>Low-rank additions to some matrices (arXiv 2106.09685).</summary>
    Lora,

    /// <summary>Keys and values in front of every sequence (arXiv 2101.00190).</summary>
    Prefix,

    /// <summary>Embeddings in front of every sequence (arXiv 2104.08691).</summary>
    Prompt,

    /// <summary>Biases (arXiv 2106.10199).</summary>
    BitFit,

    /// <summary>Some transformer layers.</summary>
    Layers,
}

/// <summary>What the recipe's key <c>train</c> says.</summary>
/// <param name="Kind">Which part.</param>
/// <param name="LayerList">Of <see cref="TrainedPartKind.Layers"/>: <c>8-11,0</c>, as it was written.</param>
public readonly record struct TrainedPart(TrainedPartKind Kind, string LayerList = "")
{
    private const string LayersPrefix = "layers=";
    private const int MostLayers = 10_000;

    /// <summary>The layers, from 0 on.</summary>
    public IEnumerable<int> Layers => LayerList.Split(',').SelectMany(part => Range(part)!);

    /// <summary>The same part as everybody would write it: each layer once, in order, neighbours as a range.</summary>
    public TrainedPart Canonical()
    {
        if (Kind != TrainedPartKind.Layers) return this;
        var ranges = new List<(int First, int Last)>();
        foreach (var layer in Layers.Distinct().Order())
        {
            if (ranges.Count > 0 && ranges[^1].Last == layer - 1) ranges[^1] = (ranges[^1].First, layer);
            else ranges.Add((layer, layer));
        }

        return this with { LayerList = string.Join(',', ranges.Select(range => range.First == range.Last ? $"{range.First}" : $"{range.First}-{range.Last}")) };
    }

    /// <summary>Reads <c>lora</c>, <c>prefix</c>, <c>prompt</c>, <c>bitfit</c>, or <c>layers=</c> and numbers and ranges such as <c>0,8-11</c>; null for anything else.</summary>
    public static TrainedPart? Parse(string text)
    {
        switch (text)
        {
            case "full": return new TrainedPart(TrainedPartKind.Full);
            case "lora": return new TrainedPart(TrainedPartKind.Lora);
            case "prefix": return new TrainedPart(TrainedPartKind.Prefix);
            case "prompt": return new TrainedPart(TrainedPartKind.Prompt);
            case "bitfit": return new TrainedPart(TrainedPartKind.BitFit);
        }

        if (!text.StartsWith(LayersPrefix, StringComparison.Ordinal)) return null;
        var list = text[LayersPrefix.Length..];
        return list.Split(',').All(part => Range(part) is not null) ? new TrainedPart(TrainedPartKind.Layers, list) : null;
    }

    /// <summary>The inverse of <see cref="Parse"/>.</summary>
    public override string ToString() => Kind switch
    {
        TrainedPartKind.Full => "full",
        TrainedPartKind.Lora => "lora",
        TrainedPartKind.Prefix => "prefix",
        TrainedPartKind.Prompt => "prompt",
        TrainedPartKind.BitFit => "bitfit",
        _ => LayersPrefix + LayerList,
    };

    private static IEnumerable<int>? Range(string text)
    {
        var ends = text.Split('-');
        if (ends.Length > 2 || Number(ends[0]) is not { } first || Number(ends[^1]) is not { } last || last < first) return null;
        return Enumerable.Range(first, last - first + 1);
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value < MostLayers ? value : null;
}
