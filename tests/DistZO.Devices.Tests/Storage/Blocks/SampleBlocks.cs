namespace DistZO.Devices.Tests;

/// <summary>Blocks of a few pages, and what stands in their versions.</summary>
internal static class SampleBlocks
{
    public const int Page = BlockLayout.Alignment;

    public static readonly byte[] Origin = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    /// <summary>A layout with so many pages of trained and of frozen tensors.</summary>
    public static BlockLayout Layout(string name, int trainedPages, int frozenPages)
    {
        var parameters = new List<Parameter>();
        if (trainedPages > 0) parameters.Add(Tensor(name + ".a", trainedPages, 0, true));
        if (frozenPages > 0) parameters.Add(Tensor(name + ".b", frozenPages, 1, false));
        var layout = new BlockLayout(name, parameters);
        Assert.Equal((trainedPages * Page, (trainedPages + frozenPages) * Page), (layout.TrainedBytes, layout.Bytes));
        return layout;
    }

    /// <summary>Bytes that follow from a seed.</summary>
    public static byte[] Bytes(long count, int seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>The trained part after a step.</summary>
    public static byte[] Trained(StoredBlock block, int step) => Bytes(block.TrainedBytes, 1000 + step);

    /// <summary>The frozen part.</summary>
    public static byte[] Frozen(StoredBlock block) => Bytes(block.Bytes - block.TrainedBytes, 7);

    public static StoredVersion Version(int step) => new(step, 0xABCDEF0123456789UL * (ulong)(step + 1));

    /// <summary>Fills a block that holds nothing, in pieces that cross from one part to the other.</summary>
    public static void Fill(StoredBlock block, int step = 0, int piecePages = 2)
    {
        byte[] all = [.. Trained(block, step), .. Frozen(block)];
        for (var at = 0; at < all.Length; at += piecePages * Page) block.Write(at, all.AsSpan(at, Math.Min(piecePages * Page, all.Length - at)));
        block.Commit(Version(step));
    }

    /// <summary>Writes the trained part of a step, the last piece first.</summary>
    public static void Advance(StoredBlock block, int step)
    {
        var trained = Trained(block, step);
        for (var at = trained.Length - Page; at >= 0; at -= Page) block.Write(at, trained.AsSpan(at, Page));
        block.Commit(Version(step));
    }

    /// <summary>Asserts that a block holds the version of a step and nothing else.</summary>
    public static void AssertHolds(StoredBlock block, int step)
    {
        var bytes = new byte[block.Bytes];
        block.Read(0, bytes);
        Assert.Equal(Version(step), block.Version);
        Assert.True(bytes.AsSpan(0, (int)block.TrainedBytes).SequenceEqual(Trained(block, step)));
        Assert.True(bytes.AsSpan((int)block.TrainedBytes).SequenceEqual(Frozen(block)));
    }

    private static Parameter Tensor(string name, int pages, int ordinal, bool trainable) =>
        new Parameter(name, [pages, Page / sizeof(float)], TensorRole.Matrix, ordinal, trainable, WeightType.Float32);
}
