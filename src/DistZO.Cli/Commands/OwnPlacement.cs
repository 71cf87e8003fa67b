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

    private readonly Recipe _given;
    private readonly string _scratch = Path.Combine(Path.GetTempPath(), $"distzo-{Guid.NewGuid():n}");

    /// <param name="given">The command's own flags.</param>
    public OwnPlacement(Recipe given) => _given = given;

    /// <summary>A recipe with this command's placement.</summary>
    public Recipe Over(Recipe recipe) => With(recipe, _given).With(RecipeKeys.OffloadDir, _given.Get(RecipeKeys.OffloadDir) ?? _scratch);

    /// <summary>A recipe with the placement of another.</summary>
    public static Recipe With(Recipe recipe, Recipe given) => recipe
        .With(RecipeKeys.Device, given.Get(RecipeKeys.Device))
        .With(RecipeKeys.Offload, given.Get(RecipeKeys.Offload))
        .With(RecipeKeys.DeviceMemory, given.Get(RecipeKeys.DeviceMemory))
        .With(RecipeKeys.HostMemory, given.Get(RecipeKeys.HostMemory))
        .With(RecipeKeys.OffloadDir, given.Get(RecipeKeys.OffloadDir))
        .With(RecipeKeys.WriteBackSteps, given.Get(RecipeKeys.WriteBackSteps))
        .With(RecipeKeys.Slots, given.Get(RecipeKeys.Slots))
        .With(RecipeKeys.Topology, given.Get(RecipeKeys.Topology));

    public void Dispose()
    {
        if (Directory.Exists(_scratch)) Directory.Delete(_scratch, recursive: true);
    }
}
