using DistZO.Cli.Planning;

namespace DistZO.Cli.Tests.Planning;

/// <summary>What must hold for every step, over random ones.</summary>
public class StepPredictorBoundsTests
{
    private const int Cases = 300;

    // Sums in another order.
    private const double Rounding = 1 + 1e-9;

    /// <summary>The average is over some steps, and a faster one may have come elsewhere in its round by then.</summary>
    private const double Settling = 1.001;

    /// <summary>
    /// Where not each visit is followed by a write-back, the loop takes whichever buffer is free, and a faster part may lead it to wait for a
    /// worse one: rarely, and never for as much as this.
    /// </summary>
    private const double Anomaly = 1.5;

    [Fact]
    public void Predict_AnyStep_TakesAtLeastItsLongestPartAndAtMostTheirSum()
    {
        foreach (var model in Models())
        {
            var prediction = StepPredictor.Predict(model);
            Assert.True(prediction.StepSeconds >= prediction.Busy.Max(busy => busy.Seconds));
            // Folding of parts stands in compute, but the parts of unequal slots are waited for in turn.
            Assert.True(prediction.StepSeconds <= Rounding * Sum(model, prediction), $"{model}");
            Assert.InRange(prediction.Overlap, 0, 1);
        }
    }

    [Fact]
    public void Predict_AnyStep_IsNoSlowerWithFasterLinks()
    {
        var anomalies = 0;
        foreach (var model in Models())
        {
            var seconds = StepPredictor.Predict(model).StepSeconds;
            foreach (var faster in (StepModel[])
                [
                    Slots(model, slot => slot with { UploadRate = 2 * slot.UploadRate }),
                    Slots(model, slot => slot with { DownloadRate = 2 * slot.DownloadRate }),
                    Slots(model, slot => slot with { ComputeSeconds = slot.ComputeSeconds / 2 }),
                    Slots(model, slot => slot with { FoldSeconds = slot.FoldSeconds / 2 }),
                    model with { FabricRate = 2 * model.FabricRate },
                    model with { Disk = model.Disk is { } disk ? new DiskModel(2 * disk.ReadRate, 2 * disk.WriteRate) : null },
                    // With room for all, parts are folded whole, which may take longer.
                    model.Streamed > model.Buffers + 1 ? model with { Buffers = model.Buffers + 1 } : model,
                ])
            {
                var ratio = StepPredictor.Predict(faster).StepSeconds / seconds;
                Assert.True(ratio <= (model.WriteBackSteps == 1 ? Settling : Anomaly), $"{ratio} {model} {faster}");
                if (ratio > Settling) anomalies++;
            }
        }

        Assert.True(anomalies < Cases / 20, $"{anomalies} steps are slower where a part is faster");
    }

    [Fact]
    public void Predict_AnyStep_IsAsLongInMillisecondsAsInSeconds()
    {
        foreach (var model in Models())
        {
            var slower = Slots(model, slot => slot with
            {
                ComputeSeconds = 8 * slot.ComputeSeconds,
                ZSeconds = 8 * slot.ZSeconds,
                FoldSeconds = 8 * slot.FoldSeconds,
                EndsSeconds = 8 * slot.EndsSeconds,
                UploadRate = slot.UploadRate / 8,
                DownloadRate = slot.DownloadRate / 8,
            }) with
            {
                FabricRate = model.FabricRate / 8,
                HostFoldSeconds = 8 * model.HostFoldSeconds,
                CommitSeconds = 8 * model.CommitSeconds,
                Disk = model.Disk is { } disk ? new DiskModel(disk.ReadRate / 8, disk.WriteRate / 8) : null,
            };
            // Powers of two scale without rounding.
            Assert.Equal(8 * StepPredictor.Predict(model).StepSeconds, StepPredictor.Predict(slower).StepSeconds);
        }
    }

    private static double Sum(StepModel model, StepPrediction prediction)
    {
        var compute = model.Path == BlockPath.Whole ? 0 : model.Slots.Max(slot => slot.FoldSeconds) * model.Passes * model.Streamed * model.WriteBackSteps;
        return prediction.Busy.Sum(busy => busy.Seconds) + model.CommitSeconds + compute + (model.Slots.Count > 1 ? model.Slots.Sum(slot => slot.EndsSeconds) : 0);
    }

    private static StepModel Slots(StepModel model, Func<SlotModel, SlotModel> change) => model with { Slots = [.. model.Slots.Select(change)] };

    private static IEnumerable<StepModel> Models()
    {
        var random = new Random(7);
        double Between(double low, double high) => low * Math.Pow(high / low, random.NextDouble());
        for (var i = 0; i < Cases; i++)
        {
            var layers = random.Next(1, 40);
            var streamed = random.Next(0, layers + 1);
            var isDisk = random.Next(3) == 0;
            var slot = new SlotModel
            {
                ComputeSeconds = Between(0.25, 4),
                ZSeconds = Between(0.01, 0.3),
                Directions = random.Next(1, 4),
                FoldSeconds = Between(0.01, 0.3),
                EndsSeconds = Between(0.1, 4),
                UploadRate = Between(0.25, 4),
                DownloadRate = Between(0.25, 4),
            };
            yield return new StepModel
            {
                Layers = layers,
                Passes = random.Next(1, 4),
                Streamed = streamed,
                Buffers = random.Next(1, 6),
                WriteBackSteps = random.Next(1, 17),
                TrainedBytes = 1,
                Slots = [.. Enumerable.Repeat(slot, random.Next(1, 5))],
                Path = (BlockPath)random.Next(3),
                FabricRate = Between(0.25, 4),
                Disk = isDisk ? new DiskModel(Between(0.25, 4), Between(0.25, 4)) : null,
                FromDisk = isDisk ? random.Next(0, streamed + 1) : 0,
                HostFoldSeconds = random.Next(4) == 0 ? Between(0.01, 2) : null,
                CommitSeconds = Between(0.001, 0.1),
            };
        }
    }
}
