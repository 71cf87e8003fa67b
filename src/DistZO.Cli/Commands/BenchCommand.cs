using System.CommandLine;
using DistZO.Cli.Benchmarks;
using DistZO.Cli.Benchmarks.Gpu;
using DistZO.Devices;
using DistZO.Devices.Cuda;
using DistZO.Optimization;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo bench</c>: what this machine reaches, each figure beside its limit.</summary>
internal static class BenchCommand
{
    private static readonly string[] Figures = ["step", "gemm", "perturb", "replay", "disk", "offload", "slots", "tokenizer", "coordinator", "scaling", "catchup", "telemetry", "gpu"];

    private static readonly BenchmarkOptions Default = new();

    public static Command Create()
    {
        var figure = new Argument<string>("figure") { Description = $"{string.Join(", ", Figures)}, or all" };
        figure.AcceptOnlyFromAmong([.. Figures, "all"]);
        var shape = new Option<string>("--shape") { Description = "step, offload, replay, scaling, catchup, telemetry, gpu: model shape (gpu: without it, those of published figures)", DefaultValueFactory = _ => Default.Shape };
        var train = new Option<string>("--train") { Description = "step: the part of the model that is trained, such as lora", DefaultValueFactory = _ => "full" };
        var dtype = new Option<string>("--weights-dtype") { Description = "offload: number format of the weights", DefaultValueFactory = _ => Default.WeightsType.Name() };
        dtype.AcceptOnlyFromAmong([.. Enum.GetValues<WeightType>().Select(type => type.Name())]);
        var tier = new Option<string>("--offload") { Description = "offload: where the layers are", DefaultValueFactory = _ => "disk" };
        tier.AcceptOnlyFromAmong("disk", "host");
        var writeBack = new Option<int?>("--write-back-steps") { Description = "offload: layers are written back every so many steps (default: what is fastest)" };
        var batch = Number("--batch", "step, offload, scaling, telemetry, gpu with --shape: sequences a step", Default.Batch);
        var tokens = Number("--tokens", "step, offload, scaling, telemetry, gpu with --shape: tokens a sequence", Default.Tokens);
        var threads = Number("--threads", "threads to compute on", Default.Threads);
        var steps = new Option<int?>("--steps") { Description = "measured steps or rounds (scaling), or steps replayed (replay, catchup)" };
        var seed = new Option<ulong>("--seed") { Description = "of random weights and ids" };
        var workers = Number("--workers", "coordinator: workers whose shares are waits", Default.Workers);
        var share = Number("--share-ms", "coordinator: what such a share takes", Default.ShareMilliseconds);
        var crowd = Number("--crowd", "coordinator: workers that answer at once", Default.Crowd);
        var rows = Number("--rows", "gemm: rows of the activations", Default.Rows);
        var inner = Number("--inner", "gemm: input features", Default.Inner);
        var columns = Number("--columns", "gemm: output features", Default.Columns);
        var directory = new Option<string?>("--directory") { Description = "disk, offload: where to write (default: the system's temporary folder)" };
        var model = new Option<string?>("--model") { Description = "tokenizer: model directory (default: the demo's)" };
        var data = new Option<string?>("--data") { Description = "tokenizer: JSON lines with a field \"text\" (default: the demo's)" };
        var peer = new Option<string?>("--peer") { Description = "gpu: a Python program whose steps on the same GPU are measured too, such as a PyTorch MeZO" };
        var json = new Option<bool>("--json") { Description = "one line of JSON for each figure" };
        var command = new Command("bench", "measure this machine: a step and its parts, each beside its limit")
        {
            figure, shape, train, dtype, tier, writeBack, batch, tokens, threads, steps, seed, workers, share, crowd, rows, inner, columns, directory, model, data, peer, json,
        };
        command.SetAction(parsed =>
        {
            var options = new BenchmarkOptions
            {
                Shape = parsed.GetValue(shape)!,
                GpuShape = parsed.GetResult(shape) is { Implicit: false } ? parsed.GetValue(shape) : null,
                Train = TrainedPart.Parse(parsed.GetValue(train)!) ?? throw new BadInputException($"--train: '{parsed.GetValue(train)}' is no part of a model; choose lora, prefix, bitfit or layers=N"),
                WeightsType = Enum.GetValues<WeightType>().First(type => type.Name() == parsed.GetValue(dtype)),
                Offload = parsed.GetValue(tier) == "host" ? OffloadTier.Host : OffloadTier.Disk,
                WriteBackSteps = parsed.GetValue(writeBack) is { } every ? Positive(every, "--write-back-steps") : null,
                Batch = Positive(parsed.GetValue(batch), "--batch"),
                Tokens = Positive(parsed.GetValue(tokens), "--tokens"),
                Threads = Positive(parsed.GetValue(threads), "--threads"),
                Steps = parsed.GetValue(steps) is { } count ? Positive(count, "--steps") : null,
                Seed = parsed.GetValue(seed),
                Workers = Positive(parsed.GetValue(workers), "--workers"),
                ShareMilliseconds = Positive(parsed.GetValue(share), "--share-ms"),
                Crowd = Positive(parsed.GetValue(crowd), "--crowd"),
                Rows = Positive(parsed.GetValue(rows), "--rows"),
                Inner = Positive(parsed.GetValue(inner), "--inner"),
                Columns = Positive(parsed.GetValue(columns), "--columns"),
                Directory = parsed.GetValue(directory),
                Model = parsed.GetValue(model),
                Data = parsed.GetValue(data),
                Peer = parsed.GetValue(peer),
            };
            foreach (var result in Run(parsed.GetValue(figure)!, options))
            {
                parsed.InvocationConfiguration.Output.WriteLine(parsed.GetValue(json) ? result.ToJson() : result.ToText());
                parsed.InvocationConfiguration.Output.Flush();
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private static IEnumerable<BenchmarkResult> Run(string figure, BenchmarkOptions options)
    {
        if (figure == "all")
        {
            // The smallest batch first: the peak of resident memory is the process's.
            yield return StepBenchmark.Run(options with { Batch = 2 });
            foreach (var one in Figures)
            {
                var obstacle = one switch
                {
                    "scaling" => ScalingBenchmark.Obstacle(),
                    "tokenizer" => TokenizerBenchmark.Obstacle(options),
                    "gpu" when CudaDevice.Count == 0 => "there is no GPU ('distzo doctor' tells what is missing)",
                    _ => null,
                };
                var results = obstacle is null ? Measure(one, options) : [new BenchmarkResult(one).With("skipped", obstacle).Say($"skipped: {obstacle}")];
                foreach (var result in results) yield return result;
            }
        }
        else
        {
            foreach (var result in Measure(figure, options)) yield return result;
        }
    }

    private static IEnumerable<BenchmarkResult> Measure(string figure, BenchmarkOptions options) => figure == "gpu" ? GpuBenchmark.Run(options) : [One(figure, options)];

    private static BenchmarkResult One(string figure, BenchmarkOptions options) => figure switch
    {
        "step" => StepBenchmark.Run(options),
        "gemm" => GemmBenchmark.Run(options),
        "perturb" => PerturbBenchmark.Run(options),
        "replay" => ReplayBenchmark.Run(options),
        "disk" => DiskBenchmark.Run(options),
        "offload" => OffloadBenchmark.Run(options),
        "slots" => SlotsBenchmark.Run(options),
        "coordinator" => CoordinatorBenchmark.Run(options),
        "scaling" => ScalingBenchmark.Run(options),
        "catchup" => CatchUpBenchmark.Run(options),
        "telemetry" => TelemetryBenchmark.Run(options),
        _ => TokenizerBenchmark.Run(options),
    };

    private static Option<int> Number(string name, string description, int value) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };

    private static int Positive(int value, string option) =>
        value > 0 ? value : throw new BadInputException($"{option}: {value} is not a positive number");
}
