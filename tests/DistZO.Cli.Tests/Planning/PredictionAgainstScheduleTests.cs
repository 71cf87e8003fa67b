using DistZO.Cli.Planning;

namespace DistZO.Cli.Tests.Planning;

/// <summary>Predictions beside a schedule that is played event by event and shares nothing with them.</summary>
public class PredictionAgainstScheduleTests
{
    private const int Cases = 200;

    // Both say the same; the steps that are averaged over differ.
    private const double TwoDirections = 0.005;

    // Who comes first to a disk is served first in the prediction; here both go on at half the speed, and may find another buffer free.
    private const double OneDisk = 0.05, OneDiskRarely = 0.3;

    [Fact]
    public void Predict_RandomStepsOverALink_TakeAsLongAsTheirSchedule() =>
        Assert.All(Errors(sharesDisk: false), error => Assert.InRange(error, 0, TwoDirections));

    [Fact]
    public void Predict_RandomStepsFromADisk_TakeAboutAsLongAsTheirSchedule()
    {
        var errors = Errors(sharesDisk: true);
        Assert.InRange(errors.Count(error => error > OneDisk), 0, Cases / 20);
        Assert.InRange(errors.Max(), 0, OneDiskRarely);
    }

    private static List<double> Errors(bool sharesDisk)
    {
        var random = new Random(20);
        double Between(double low, double high) => low * Math.Pow(high / low, random.NextDouble());
        var errors = new List<double>();
        for (var i = 0; i < Cases; i++)
        {
            var schedule = new FluidSchedule
            {
                Buffers = random.Next(2, 5),
                WriteBackSteps = random.Next(1, 17),
                Layers = random.Next(5, 40),
                Compute = Between(0.25, 4),
                Fold = Between(0.01, 0.3),
                Upload = Between(0.25, 4),
                WriteBack = Between(0.25, 4),
                Ends = Between(0.1, 4),
                SharesDisk = sharesDisk,
            };
            var predicted = StepPredictor.Predict(Model(schedule)).StepSeconds;
            var round = schedule.WriteBackSteps * 8;
            errors.Add(Math.Abs((predicted / schedule.StepSeconds(round, round)) - 1));
        }

        return errors;
    }

    private static StepModel Model(FluidSchedule schedule)
    {
        var slot = new SlotModel { ComputeSeconds = schedule.Compute, FoldSeconds = schedule.Fold, EndsSeconds = schedule.Ends };
        var model = new StepModel
        {
            Layers = schedule.Layers,
            Streamed = schedule.Layers,
            Buffers = schedule.Buffers,
            WriteBackSteps = schedule.WriteBackSteps,
            TrainedBytes = 1,
            Slots = [slot],
        };
        return schedule.SharesDisk
            ? model with { FromDisk = schedule.Layers, Disk = new DiskModel(1 / schedule.Upload, 1 / schedule.WriteBack) }
            : model with { Slots = [slot with { UploadRate = 1 / schedule.Upload, DownloadRate = 1 / schedule.WriteBack }] };
    }
}
