using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>
/// A folder in the place of a data file: the files in it that are called as data sets call theirs, <c>train</c> and <c>dev</c>,
/// <c>validation</c> or <c>val</c>, with <c>.jsonl</c> or <c>.json</c> (JSON Lines, whatever the name).
/// </summary>
public static class DataFolder
{
    private static readonly string[] TrainNames = ["train"];
    private static readonly string[] HeldOutNames = ["dev", "validation", "val"];
    private static readonly string[] Endings = [".jsonl", ".json"];

    /// <summary>
    /// The recipe with files in the place of a folder: <c>train_file</c> becomes the training rows in it, and <c>eval_file</c>, unless
    /// it is set, the held-out ones, if there are any. Nothing changes where train_file is no folder.
    /// </summary>
    /// <exception cref="BadInputException">The folder holds no training rows, or eval_file is a folder without held-out rows.</exception>
    public static Recipe Resolve(Recipe recipe)
    {
        if (recipe.Get(RecipeKeys.EvalFile) is { } held && Directory.Exists(held))
            recipe = recipe.With(RecipeKeys.EvalFile, HeldOut(held) ?? throw Missing("eval_file", held, HeldOutNames));
        if (recipe.Get(RecipeKeys.TrainFile) is not { } folder || !Directory.Exists(folder)) return recipe;
        recipe = recipe.With(RecipeKeys.TrainFile, Train(folder) ?? throw Missing("train_file", folder, TrainNames));
        return recipe.Get(RecipeKeys.EvalFile) is null ? recipe.With(RecipeKeys.EvalFile, HeldOut(folder)) : recipe;
    }

    /// <summary>The training rows of a folder; null if there are none.</summary>
    public static string? Train(string folder) => Find(folder, TrainNames);

    /// <summary>The held-out rows of a folder; null if there are none.</summary>
    public static string? HeldOut(string folder) => Find(folder, HeldOutNames);

    /// <summary>The held-out rows that a command line names.</summary>
    /// <param name="held">What is named as held out, a file or a folder; may be null.</param>
    /// <param name="folder">A folder of rows, whose held-out ones count where nothing else is named.</param>
    /// <exception cref="BadInputException">A folder holds none.</exception>
    public static string HeldOutRows(string? held, string folder) => held switch
    {
        null => HeldOut(folder) ?? throw Missing("--data", folder, HeldOutNames),
        _ when Directory.Exists(held) => HeldOut(held) ?? throw Missing("--eval-data", held, HeldOutNames),
        _ => held,
    };

    private static string? Find(string folder, string[] names) =>
        names.SelectMany(name => Endings.Select(ending => Path.Combine(folder, name + ending))).FirstOrDefault(File.Exists);

    private static BadInputException Missing(string what, string folder, string[] names) => new(
        $"{what}: the folder '{folder}' holds none of {string.Join(", ", names.SelectMany(name => Endings.Select(ending => name + ending)))}; "
        + "put the rows there, or name the file");
}
