using DistZO.Devices;

namespace DistZO.Optimization.Tests;

/// <summary>A small run for the ledger's tests.</summary>
internal static class Sample
{
    public static LedgerHeader Header { get; } = Make(Recipe.Default.With(RecipeKeys.Prompt, "{text} é").Resolve(3));

    public static LedgerHeader Make(Recipe recipe, ParentRun? parent = null) => new(
        RunIdentity.Create(recipe, "ab", [new("w", TensorRole.Matrix, [2, 3])], "cd", 3, "cpu-v1", parent: parent), recipe);

    /// <summary>Step t of a run with 0 to 2 directions a step; every third one is skipped.</summary>
    public static StepRecord Record(long step) => step % 3 == 1
        ? StepRecord.Skip(step, Method.MezoSgd)
        : new(
            step, StepStatus.Applied, Method.MezoSgd,
            [.. Enumerable.Range(1, (int)(step % 3 / 2) + 1).Select(d => new StepDirection((ulong)(step * d), step * 77, -d, d / -8f))],
            12, 0.5f);

    public static string Write(TemporaryFolder folder, int steps, string name = "run.zol")
    {
        Ledger.WriteNew(folder[name], Header, Enumerable.Range(0, steps).Select(t => Record(t)));
        return folder[name];
    }
}
