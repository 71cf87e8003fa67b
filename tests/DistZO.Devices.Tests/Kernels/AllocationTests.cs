using DistZO.Devices.Cpu;

namespace DistZO.Devices.Tests.Kernels;

/// <summary>
/// A step makes no garbage: once one pass has given the buffers their sizes, the next allocates nothing, whichever thread got which task of
/// the first one. A busy machine gives them out in other ways, so it is tried on several devices.
/// </summary>
[Collection(SimdTierCollection.Name)]
public class AllocationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void WarmPass_OfAllKernels_AllocatesNothing(int threads)
    {
        int[] ids = [.. Enumerable.Range(0, 53)];
        TokenTarget[] targets = [.. ids.Select(id => new TokenTarget(id, id))];
        var result = new double[2 * targets.Length];
        for (var trial = 0; trial < 20; trial++)
        {
            using var device = CpuDevice.Open(threads);
            using var s = new Scenario(device, ProbeSets.Of("pair"), Scenario.Sequences(33, 20));
            var model = new SmallModel(device, s);
            model.Run(ids, ids, targets, result);

            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 10; i++) model.Run(ids, ids, targets, result);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }
}
