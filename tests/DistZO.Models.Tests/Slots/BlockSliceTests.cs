using DistZO.Devices;

namespace DistZO.Models.Tests.Slots;

/// <summary>Slices of a block: whole pages that cover it, in proportion to links.</summary>
public sealed class BlockSliceTests
{
    private const int Page = BlockLayout.Alignment;

    [Theory]
    [InlineData(8, new[] { 1.0, 1.0 }, new long[] { 4, 4 })]
    [InlineData(8, new[] { 3.0, 1.0 }, new long[] { 6, 2 })]
    [InlineData(7, new[] { 1.0, 1.0, 1.0 }, new long[] { 2, 3, 2 })]
    [InlineData(1, new[] { 1.0, 1.0, 1.0, 1.0 }, new long[] { 0, 0, 1, 0 })]
    [InlineData(9, new[] { 0.001, 1.0 }, new long[] { 0, 9 })]
    public void Cut_InProportion_CoversTheBlockInWholePages(long pages, double[] shares, long[] expected)
    {
        var slices = BlockSlice.Cut(pages * Page, shares);
        Assert.Equal(expected, slices.Select(slice => slice.Bytes / Page));
        Assert.Equal(0, slices[0].Offset);
        for (var i = 1; i < slices.Length; i++) Assert.Equal(slices[i - 1].End, slices[i].Offset);
        Assert.Equal(pages * Page, slices[^1].End);
    }

    [Fact]
    public void TrainedRanges_OfAllSlices_AreEveryTrainedElementOnce()
    {
        Parameter[] parameters =
        [
            new("a", [3000], TensorRole.Matrix, 0, trainable: true, WeightType.Float32),
            new("b", [17], TensorRole.Bias, 1, trainable: true, WeightType.BFloat16),
            new("c", [5000], TensorRole.Matrix, 2, trainable: true, WeightType.BFloat16),
            new("d", [4000], TensorRole.Matrix, 3, trainable: false, WeightType.Float32),
        ];
        var layout = new BlockLayout("block", parameters);
        using var device = new ReferenceDevice();
        using var whole = device.Allocate(layout.Bytes);
        var seen = parameters.Select(parameter => new int[parameter.Length]).ToArray();
        foreach (var slice in BlockSlice.Cut(layout.Bytes, [1, 2, 1, 1]))
        {
            using var own = device.Allocate(slice.Bytes);
            var inPlace = slice.TrainedRanges(layout, whole, 0).ToList();
            var apart = slice.TrainedRanges(layout, own, slice.Offset).ToList();
            Assert.Equal(inPlace.Select(range => (range.Ordinal, range.Start, range.Count)), apart.Select(range => (range.Ordinal, range.Start, range.Count)));
            foreach (var range in apart)
            {
                Assert.InRange(range.Start, range.First, long.MaxValue);
                Assert.True((range.Start - range.First + range.Count) * range.Type.Size() <= range.Memory.Bytes);
                for (var i = range.Start; i < range.Start + range.Count; i++) seen[range.Ordinal][i]++;
            }
        }

        Assert.All(seen.Take(3).SelectMany(counts => counts), count => Assert.Equal(1, count));
        Assert.All(seen[3], count => Assert.Equal(0, count));
    }
}
