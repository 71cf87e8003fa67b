using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// Chooses K by what it measures: a step takes the longer of computing, C + z·q·(K + 1)/2, and of moving, U + W/K where reading and
/// writing share a disk, or the longer of U and W/K where they do not. C, and the rates, are measured over the last steps; z once.
/// </summary>
/// <param name="meter">Of the streams.</param>
/// <param name="upload">The stream that uploads.</param>
/// <param name="writeBack">The stream that writes back.</param>
/// <param name="isShared">Whether the two run over the same disk.</param>
/// <param name="foldSeconds">To fold one direction of one commit into all trained weights that are streamed.</param>
/// <param name="time">The clock.</param>
/// <param name="share">Of what is moved and folded that is this slot's; 1 for a slot alone.</param>
internal sealed class MeasuredWriteBack(
    TransferMeter meter, string upload, string writeBack, bool isShared, double foldSeconds, TimeProvider time, double share = 1) : WriteBackPolicy
{
    private const int StepsPerChoice = 8;
    private const double Tolerance = 1.01;
    private readonly List<double> _computing = [];
    private readonly List<Func<double>> _stalls = [];
    private long _began;
    private int _step = -1;
    private int _steps = 1;
    private bool _isChosen;

    /// <summary>
    /// Whether folding is done beside the kernels, by the same cores. What is measured as computing then has folding in it only so far as
    /// the two hold each other up, so it is all taken for computing: K is rather too small.
    /// </summary>
    public bool FoldsBeside { get; init; }

    /// <summary>Whether the cores that fold do not compute: nothing holds the other up, and a step takes the longer of the two.</summary>
    public bool FoldsApart { get; init; }

    public override int Steps => _steps;

    public override bool IsChosen => _isChosen;

    public override void Stalled(Func<double> seconds) => _stalls.Add(seconds);

    public override void Begin(IReadOnlyList<StreamedBlock> blocks, UpdateHistory? updates, int step)
    {
        var now = time.GetTimestamp();
        // Only a step that follows the one before says how long one takes; the first one also pays for compilation.
        if (_step > 0 && step == _step + 1) _computing.Add(time.GetElapsedTime(_began, now).TotalSeconds - _stalls.Sum(stall => stall()));
        if (step == _step) return;
        (_began, _step) = (now, step);
        _stalls.Clear();
        if (_computing.Count < (_isChosen ? StepsPerChoice : 2) || updates is null || step == 0) return;
        var directions = updates.Between(step - 1, step)[0].Directions.Length;
        Choose(blocks, Math.Max(1, directions) * foldSeconds * share);
        _computing.Clear();
        _isChosen = true;
    }

    private void Choose(IReadOnlyList<StreamedBlock> blocks, double fold)
    {
        double read = share * blocks.Sum(block => block.Layout.Bytes), written = share * blocks.Sum(block => block.Layout.TrainedBytes);
        // Noise may make it less than folding alone takes.
        var rest = Math.Max(0, Median(_computing) - (FoldsBeside || FoldsApart ? 0 : fold * (_steps + 1) / 2));
        double Step(int k)
        {
            var folding = fold * (k + 1) / 2;
            var computing = FoldsApart ? Math.Max(rest, folding) : rest + folding;
            if (isShared) return Math.Max(computing, (read + (written / k)) * (meter.SharedSecondsPerByte ?? 0));
            var (up, down) = (meter.SecondsPerByte(upload) ?? 0, meter.SecondsPerByte(writeBack) ?? 0);
            return Math.Max(computing, Math.Max(read * up, written / k * down));
        }

        var best = Enumerable.Range(1, Most).Min(Step);
        _steps = Enumerable.Range(1, Most).First(k => Step(k) <= best * Tolerance);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
