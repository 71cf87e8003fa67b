using System.CommandLine;
using DistZO.Cli.Planning;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Training;

namespace DistZO.Cli.Commands;

/// <summary>The flags of <c>distzo plan</c>, and the request that they make.</summary>
internal sealed class PlanOptions
{
    private readonly Option<string?> _device = new("--device")
    {
        Description = $"one of {string.Join(", ", DevicePresets.Names)}",
        HelpName = "NAME",
    };

    private readonly Option<int> _devices = new("--devices") { Description = "most devices of the node", DefaultValueFactory = _ => 1 };
    private readonly Option<int?> _tokens = new("--tokens")
    {
        Description = "tokens a sequence (default: 512, or what the model has positions for)",
    };

    private readonly Option<int> _buffers = new("--buffers")
    {
        Description = "most parts of layers on a device at a time, of those that do not stay",
        DefaultValueFactory = _ => Offloading.DefaultBuffers,
    };

    private readonly Option<string?> _hostLink = new("--host-link")
    {
        Description = "GB/s from and to the host: 25, 25/20, or one for each device: 25,25,12",
        HelpName = "RATES",
    };

    private readonly Option<string?> _fabric = new("--fabric")
    {
        Description = "GB/s that a device receives from its peers; 0: there is none",
        HelpName = "RATE",
    };

    private readonly Option<string?> _disk = new("--disk")
    {
        Description = "GB/s of the node's disk, reading/writing, which share it",
        HelpName = "RATES",
    };

    private readonly Option<double?> _compute = new("--tflops")
    {
        Description = "TFLOP/s of matrix products at the format of the weights",
        HelpName = "RATE",
    };

    private readonly Option<double?> _z = new("--z-rate") { Description = "billion elements of z a second", HelpName = "RATE" };
    private readonly Option<double?> _hostFold = new("--host-fold-rate")
    {
        Description = "billion elements a second that the host's cores fold while devices compute",
        HelpName = "RATE",
    };

    private readonly Option<double> _commit = new("--commit-ms") { Description = "between a step's last loss and the next step" };
    private readonly RecipeOptions _recipe;

    public PlanOptions(Command command)
    {
        foreach (Option option in (Option[])
            [_device, _devices, _tokens, _buffers, _hostLink, _fabric, _disk, _compute, _z, _hostFold, _commit])
            command.Options.Add(option);
        _recipe = new RecipeOptions(
            command,
            [
                RecipeKeys.Offload, RecipeKeys.DeviceMemory, RecipeKeys.HostMemory, RecipeKeys.WriteBackSteps, RecipeKeys.FoldOn, RecipeKeys.BatchSize,
                RecipeKeys.NumDirections, RecipeKeys.WeightsDtype, RecipeKeys.TransferDtype, RecipeKeys.Parallelism, RecipeKeys.Train, RecipeKeys.LoraR,
                RecipeKeys.LoraTargetModules, RecipeKeys.NumVirtualTokens,
            ],
            hasFile: true);
    }

    /// <summary>What is to be planned.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">A shape, a directory, or a config.json.</param>
    /// <param name="measure">Measures this machine for so many rows of a matrix product; null: not wanted.</param>
    /// <exception cref="BadInputException">A flag is wrong, or one that is needed is missing.</exception>
    public PlanRequest Request(ParseResult parsed, string model, Func<int, DeviceProfile>? measure)
    {
        var recipe = _recipe.Over(Recipe.Default, parsed);
        if (recipe.Get(RecipeKeys.Offload) is { } tier && IdleKeys.Notice(recipe, tier) is { } idle) parsed.InvocationConfiguration.Error.WriteLine(idle);
        var config = PlannedModel.Config(model);
        var architecture = ModelFamilies.Describe(config, _ => false);
        var batch = recipe.Get(RecipeKeys.BatchSize);
        var tokens = parsed.GetValue(_tokens) ?? Math.Min(512, architecture.MaxPositions);
        var device = Device(parsed, measure, (int)Math.Min(int.MaxValue, (long)batch * tokens));
        var links = parsed.GetValue(_hostLink) is { } text ? RateText.Pairs(text, "--host-link") : [(device.UploadRate, device.DownloadRate)];
        var devices = Positive(parsed.GetValue(_devices), _devices);
        if (links.Count > 1 && links.Count != devices)
            throw new BadInputException($"--host-link: '{parsed.GetValue(_hostLink)}' has {links.Count} links, and --devices says {devices}; give one for all devices, or one for each");
        var hostFold = Positive(parsed.GetValue(_hostFold), "--host-fold-rate") * 1e9;
        return new PlanRequest
        {
            Model = PlannedModel.Size(recipe, architecture, config),
            Device = device,
            Links = links,
            Budget = new MemoryBudget(device.Memory, recipe.Get(RecipeKeys.DeviceMemory), recipe.Get(RecipeKeys.HostMemory)),
            Devices = devices,
            BatchSize = batch,
            Tokens = tokens,
            Directions = recipe.Get(RecipeKeys.NumDirections),
            Offload = recipe.Get(RecipeKeys.Offload),
            Buffers = parsed.GetValue(_buffers) is >= 2 and var buffers
                ? buffers
                : throw new BadInputException("--buffers: with fewer than 2 nothing overlaps; give 2 or more"),
            WriteBackSteps = recipe.Get(RecipeKeys.WriteBackSteps),
            // Where the devices are the host's own cores, they fold at the rate of z.
            HostFoldRate = hostFold ?? (Folding.IsOnHost(recipe) && device.IsHost ? device.ZRate : null),
            FoldOn = Folding.IsOnHost(recipe) ? FoldPlace.Host : recipe.Get(RecipeKeys.FoldOn),
            CommitSeconds = parsed.GetValue(_commit) is >= 0 and var commit
                ? commit * 1e-3
                : throw new BadInputException("--commit-ms: give 0 or more"),
            Kinds = recipe.Get(RecipeKeys.Parallelism) switch
            {
                { Kind: ParallelismKind.Auto } => [ParallelismKind.Pertp, ParallelismKind.Dp, ParallelismKind.TwoD],
                { Kind: ParallelismKind.Explicit } grid =>
                    throw new BadInputException($"--parallelism: plan compares auto, pertp, dp and 2d, and has no '{grid}'"),
                var one => [one.Kind],
            },
        };
    }

    private DeviceProfile Device(ParseResult parsed, Func<int, DeviceProfile>? measure, int rows)
    {
        if (parsed.GetValue(_device) is not null && measure is not null)
            throw new BadInputException("--device and --measure name two devices; leave one away");
        var device = measure is not null ? measure(rows) : DevicePresets.Find(parsed.GetValue(_device)
            ?? throw new BadInputException($"--device: name one of {string.Join(", ", DevicePresets.Names)}, or measure this machine's CPU with --measure"));
        if (Positive(parsed.GetValue(_compute), "--tflops") * 1e12 is { } compute) device = device with { HalfRate = compute, SingleRate = compute };
        if (Positive(parsed.GetValue(_z), "--z-rate") * 1e9 is { } z) device = device with { ZRate = z };
        if (parsed.GetValue(_fabric) is { } fabric)
            device = device with { FabricRate = fabric == "0" ? null : RateText.Pair(fabric, "--fabric").First };
        if (parsed.GetValue(_disk) is not { } disk) return device;
        var (read, write) = RateText.Pair(disk, "--disk");
        return device with { Disk = new DiskModel(read, write) };
    }

    private static int Positive(int value, Option<int> option) =>
        value is > 0 and <= 1024 ? value : throw new BadInputException($"{option.Name}: {value} is not between 1 and 1024");

    private static double? Positive(double? value, string option) =>
        value is null or (> 0 and < 1e9) ? value : throw new BadInputException($"{option}: {value} is not a positive number");
}
