namespace DistZO.Cli.Tests.Commands;

/// <summary>A disk that fills up in mid-run: exit code 1, one line, and once there is room the run goes on to the same end.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const int Steps = 9;

    private readonly TinyRun _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [SkippableFact]
    public void Train_WhereTheDiskCannotSuffice_IsRefusedAfterTheForecastAndGoesOnOnceThereIsRoom()
    {
        // Room for the ledger and a snapshot, not for the model at the end.
        using var disk = new SmallDisk(_tiny["small"], "300k");
        string[] more = ["--save-steps", "3"];
        Assert.StartsWith("not enough disk", Distzo.Run(_tiny.Train("small", Steps, more)).Problem(1));
        disk.Resize("10m");
        _tiny.Trained("small", Steps, more);
        _tiny.Trained("calm", Steps, more);
        Assert.Equal(_tiny.Ledger("calm"), _tiny.Ledger("small"));
        Assert.Equal(_tiny.Weights("calm"), _tiny.Weights("small"));
        Assert.Equal(_tiny.Metrics("calm"), _tiny.Metrics("small"));
    }

    [SkippableFact]
    public void Train_OfAPrefix_NeedsNoRoomForAModel()
    {
        using var disk = new SmallDisk(_tiny["small"], "150k");
        Assert.Contains("not enough disk", Distzo.Run(_tiny.Train("small", Steps)).Problem(1));
        Directory.Delete(Path.Combine(_tiny["small"], ".distzo"), recursive: true);
        File.Delete(_tiny.LedgerPath("small"));
        _tiny.Trained("small", Steps, "--train", "prefix", "--save-steps", "3");
    }

    [SkippableFact]
    public void Train_OnADiskThatFillsUp_FailsInOneLineAndGoesOnOnceThereIsRoom()
    {
        using var disk = new SmallDisk(_tiny["small"], "1m");
        using var process = Distzo.Start(_tiny.Train("small", 100_000, "--eval-steps", "100000"));
        var output = process.StandardOutput.ReadToEndAsync();
        while (process.StandardError.ReadLine() is { } line && !line.StartsWith("step 5/", StringComparison.Ordinal))
        {
        }

        var filler = Path.Combine(_tiny["small"], "filler");
        Fill(filler);
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Contains(_tiny["small"], new Outcome(process.ExitCode, output.Result, error).Problem(1));

        File.Delete(filler);
        var steps = (int)Optimization.Ledger.Read(_tiny.LedgerPath("small")).Steps + 3;
        _tiny.Trained("small", steps, "--eval-steps", "100000");
        _tiny.Trained("calm", steps, "--eval-steps", "100000");
        Assert.Equal(_tiny.Ledger("calm"), _tiny.Ledger("small"));
        Assert.Equal(_tiny.Weights("calm"), _tiny.Weights("small"));
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true) file.Write(new byte[512]);
        }
        catch (IOException)
        {
            // Full, as wanted.
        }
    }
}
