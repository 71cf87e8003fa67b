using System.Text;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Training;

namespace DistZO.Cli.Benchmarks;

/// <summary>English to token ids on one core, row by row, as data sets are encoded.</summary>
internal static class TokenizerBenchmark
{
    private const string Demo = "examples/support-tickets";
    private const int Repeats = 20;

    /// <summary>Why it cannot be measured; null if it can.</summary>
    public static string? Obstacle(BenchmarkOptions options)
    {
        var missing = options.Model is null ? "--model" : options.Data is null ? "--data" : null;
        return missing is null || DemoDirectory() is not null
            ? null
            : $"{missing}: '{Demo}' is not above the working directory, so say what to use with {missing}";
    }

    public static BenchmarkResult Run(BenchmarkOptions options)
    {
        if (Obstacle(options) is { } obstacle) throw new BadInputException(obstacle);
        var model = options.Model ?? Path.Combine(DemoDirectory()!, "model");
        var data = options.Data ?? Path.Combine(DemoDirectory()!, "train.jsonl");
        var tokenizer = Tokenizer.Load(model);
        string[] rows = [.. JsonlFile.Read(data).Select(row => row.String("text"))];
        var bytes = (double)rows.Sum(row => (long)Encoding.UTF8.GetByteCount(row)) * Repeats;
        long tokens = 0;
        var timing = Timing.Of(Encode, warmSeconds: 1);
        var rate = bytes / timing.Seconds;
        return new BenchmarkResult("tokenizer")
            .With("model", model)
            .With("data", data)
            .With("megabytes_per_second", rate / 1e6, 2)
            .With("tokens_per_second", tokens / timing.Seconds, 0)
            .With("allocated_bytes_per_token", timing.AllocatedBytes / tokens, 1)
            .Say($"{rate / 1e6:0.0} MB/s of English on one core (required: 5 MB/s), {tokens / timing.Seconds / 1e6:0.00} M tokens/s");

        void Encode()
        {
            tokens = 0;
            for (var i = 0; i < Repeats; i++)
            {
                foreach (var row in rows) tokens += tokenizer.Encode(row).Length;
            }
        }
    }

    /// <summary>The demo's files lie in the repository: above the working directory, or above the executable.</summary>
    private static string? DemoDirectory()
    {
        foreach (var start in new[] { Directory.GetCurrentDirectory(), AppContext.BaseDirectory })
        {
            for (var at = new DirectoryInfo(start); at is not null; at = at.Parent)
            {
                var directory = Path.Combine(at.FullName, Demo);
                if (Directory.Exists(directory)) return directory;
            }
        }

        return null;
    }
}
