using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Cli.Commands;

/// <summary>
/// Where a command keeps the weights of a model, as its own flags say: the recipe of a run says so for that run only. What goes to disk
/// without a folder of the user's goes to a temporary one, which goes with the command.
/// </summary>
internal sealed class OwnPlacement : IDisposable
{
    /// <summary>The flags.</summary>
    public static readonly RecipeKey[] Keys =
        [RecipeKeys.Device, RecipeKeys.Offload, RecipeKeys.DeviceMemory, RecipeKeys.HostMemory, RecipeKeys.OffloadDir, RecipeKeys.WriteBackSteps];

    /// <summary>Those of a command that has several slots.</summary>
    public static readonly RecipeKey[] SlotKeys = [.. Keys, RecipeKeys.Slots, RecipeKeys.Topology, RecipeKeys.Gather];

    private readonly Recipe _given;
    private readonly string _scratch = Path.Combine(Path.GetTempPath(), $"distzo-{Guid.NewGuid():n}");

    /// <param name="given">The command's own flags.</param>
    /// <param name="hasSlots">Whether it has <see cref="SlotKeys"/>.</param>
    /// <exception cref="BadInputException">Layers are to be in slices on slots that the command does not have.</exception>
    public OwnPlacement(Recipe given, bool hasSlots = false)
    {
        _given = given;
        if (!hasSlots && given.Get(RecipeKeys.Offload) == OffloadTier.Shard)
            throw new BadInputException("--offload: shard keeps layers in slices on several slots, and this command has one; use none, host or disk");
        // A folder that nothing is to go to would be a key without effect.
        if (MayUseDisk(given) && given.Get(RecipeKeys.OffloadDir) is null) _given = given.With(RecipeKeys.OffloadDir, _scratch);
    }

    /// <summary>Whether a recipe's layers may go to disk.</summary>
    public static bool MayUseDisk(Recipe recipe) => recipe.Get(RecipeKeys.Offload) is null or OffloadTier.Disk;

    /// <summary>A recipe with this command's placement.</summary>
    public Recipe Over(Recipe recipe) => recipe
        .With(RecipeKeys.Device, _given.Get(RecipeKeys.Device))
        .With(RecipeKeys.Offload, _given.Get(RecipeKeys.Offload))
        .With(RecipeKeys.DeviceMemory, _given.Get(RecipeKeys.DeviceMemory))
        .With(RecipeKeys.HostMemory, _given.Get(RecipeKeys.HostMemory))
        .With(RecipeKeys.OffloadDir, _given.Get(RecipeKeys.OffloadDir))
        .With(RecipeKeys.WriteBackSteps, _given.Get(RecipeKeys.WriteBackSteps))
        .With(RecipeKeys.Slots, _given.Get(RecipeKeys.Slots))
        .With(RecipeKeys.Topology, _given.Get(RecipeKeys.Topology))
        .With(RecipeKeys.Gather, _given.Get(RecipeKeys.Gather));

    public void Dispose()
    {
        if (Directory.Exists(_scratch)) Directory.Delete(_scratch, recursive: true);
    }
}
