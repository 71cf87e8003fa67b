using System.Security.Cryptography;
using System.Text;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>Opens where the blocks of a model are stored, as a recipe says.</summary>
public static class BlockStores
{
    /// <summary>Where a recipe's blocks lie on disk.</summary>
    /// <exception cref="BadInputException">It does not say, and has no output.</exception>
    public static string FolderOf(Recipe recipe) =>
        recipe.Get(RecipeKeys.OffloadDir)
        ?? (recipe.Get(RecipeKeys.Output) is { } output ? new RunDirectory(output).Blocks : null)
        ?? throw new BadInputException("offload_dir is not set; say with --offload-dir where on disk the layers go");

    /// <summary>The store of a placement.</summary>
    /// <param name="placement">Where blocks are.</param>
    /// <param name="recipe">Names the folder, and the formats.</param>
    /// <param name="initial">Digest of what added tensors start from; null for none.</param>
    /// <param name="baseDigest">Digest of the base; called for the disk only.</param>
    /// <param name="layouts">What is stored.</param>
    /// <param name="notice">Told, in a line for people, what was found to be stale, damaged or not supported.</param>
    public static IBlockStore Open(
        Placement placement, Recipe recipe, string? initial, Func<string> baseDigest, IReadOnlyList<BlockLayout> layouts, Action<string> notice)
    {
        if (placement.Tier == OffloadTier.Host) return new HostBlocks(layouts);
        var origin = new StringBuilder($"{baseDigest()} {initial}\n");
        foreach (var (parameter, offset) in layouts.SelectMany(layout => layout.Entries))
            origin.Append(System.Globalization.CultureInfo.InvariantCulture, $"{parameter.Name} {parameter.Ordinal} {parameter.Type.Name()} {parameter.Trainable} {offset}\n");

        // Which versions are the run's shows when its ledger is there.
        return BlockDirectory.Open(
            FolderOf(recipe), layouts, new BlockDirectoryOptions(SHA256.HashData(Encoding.UTF8.GetBytes(origin.ToString())), _ => true, notice));
    }
}
