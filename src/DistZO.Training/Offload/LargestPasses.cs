using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>The largest passes that steps and evaluations make over given rows, whatever rows meet in one: what a device must have memory for.</summary>
public static class LargestPasses
{
    private static readonly Probe[] Plain = [Probe.Plain];

    /// <summary>Those of a run: its steps, and evaluations of its held-out rows.</summary>
    /// <param name="recipe">Resolved.</param>
    /// <param name="architecture">The model, with what is added to it.</param>
    /// <param name="train">The training rows.</param>
    /// <param name="evaluation">The held-out ones; null for none.</param>
    /// <param name="slots">Slots that share a step.</param>
    public static IReadOnlyList<PassSize> Of(
        Recipe recipe, ModelArchitecture architecture, IReadOnlyList<EncodedExample> train, IReadOnlyList<EncodedExample>? evaluation, int slots)
    {
        List<PassSize> passes = [.. evaluation is null ? [] : OfEvaluation(recipe, architecture, evaluation)];
        var (probes, grid) = (new MezoSgd(recipe).Probes(0), WorkGrid.Of(recipe));
        if (recipe.Get(RecipeKeys.Objective) is { ScoresText: true })
        {
            passes.Add(Writing(probes[..1], train, grid.Samples, NewTokens(recipe, architecture), architecture, ModelTextGenerator.MaxTokensPerPart));
            return passes;
        }

        var parts = slots > 1 ? SlotShareExecutor.Cut(grid, slots, recipe.Get(RecipeKeys.Parallelism)) : [grid.Whole];
        passes.AddRange(OfShares(probes[..parts.Max(part => part.Probes)], parts.Max(part => part.Samples), train));
        return passes;
    }

    /// <summary>Those of shares of steps whose loss comes from log-probabilities.</summary>
    /// <param name="probes">The most of one share.</param>
    /// <param name="samples">The most of one share.</param>
    /// <param name="rows">What samples are of.</param>
    public static IReadOnlyList<PassSize> OfShares(Probe[] probes, int samples, IReadOnlyList<EncodedExample> rows) =>
    [
        Scoring(probes, rows, samples, ShareExecutor.MaxTokensPerPass),
        // A worker's share may be of fewer probes, and the more tokens.
        Scoring(probes[..1], rows, samples, ShareExecutor.MaxTokensPerPass),
    ];

    /// <summary>Those of an evaluation.</summary>
    /// <param name="recipe">Says whether answers are written.</param>
    /// <param name="architecture">The model, with what is added to it.</param>
    /// <param name="rows">Its rows.</param>
    public static IReadOnlyList<PassSize> OfEvaluation(Recipe recipe, ModelArchitecture architecture, IReadOnlyList<EncodedExample> rows)
    {
        var scoring = Scoring(Plain, rows, rows.Count, Evaluator.TokensPerPass);
        return recipe.AnswerMetrics.Count == 0
            ? [scoring]
            : [scoring, Writing(Plain, rows, rows.Count, NewTokens(recipe, architecture), architecture, Evaluator.TokensPerPass)];
    }

    /// <summary>The first pass over prompts that are continued together.</summary>
    /// <param name="architecture">The model, with what is added to it.</param>
    /// <param name="prompts">Tokens of each.</param>
    /// <param name="newTokens">Tokens that are written to each at most.</param>
    public static PassSize OfWriting(ModelArchitecture architecture, IReadOnlyList<int> prompts, int newTokens) =>
        new(Plain, prompts.Count, prompts.Sum(), Math.Min(prompts.Max() + newTokens, architecture.MaxPositions), prompts.Count, 0)
        {
            HeldTokens = prompts.Sum(prompt => architecture.VirtualTokens + Math.Min(prompt + newTokens, architecture.MaxPositions)),
        };

    private static PassSize Scoring(Probe[] probes, IReadOnlyList<EncodedExample> rows, int samples, int most)
    {
        var tokens = Largest(rows, samples, row => row.PackedTokens, most / probes.Length);
        // So many targets go with a token at most: one, but of short choices.
        var share = rows.Max(row => (double)row.Targets / row.PackedTokens);
        var targets = Math.Min(Largest(rows, samples, row => row.Targets, int.MaxValue), (int)Math.Ceiling(share * tokens));
        return new PassSize(
            probes,
            Math.Max(1, Math.Min(samples, tokens / rows.Min(row => row.PackedTokens))),
            tokens,
            rows.Max(row => row.Prompt.Length + row.Options.Max(option => option.Tokens.Length - 1)),
            Math.Min(targets, tokens),
            targets);
    }

    private static PassSize Writing(Probe[] probes, IReadOnlyList<EncodedExample> rows, int samples, int newTokens, ModelArchitecture architecture, int most)
    {
        int Held(EncodedExample row) => architecture.VirtualTokens + row.Prompt.Length + newTokens;
        var texts = Math.Max(1, Math.Min(Math.Min(samples, rows.Count), most / rows.Min(Held)));
        var longest = rows.Max(row => row.Prompt.Length);
        return new PassSize(
            probes, texts, Largest(rows, texts, row => row.Prompt.Length, most), Math.Min(longest + newTokens, architecture.MaxPositions), texts, 0)
        {
            HeldTokens = Largest(rows, texts, Held, most),
        };
    }

    /// <summary>The most that some rows come to in a pass that takes at most so many together, but one in any case.</summary>
    private static int Largest(IReadOnlyList<EncodedExample> rows, int samples, Func<EncodedExample, int> count, int most)
    {
        var largest = rows.Select(count).OrderDescending().Take(samples).ToList();
        return (int)Math.Max(largest[0], Math.Min(most, largest.Sum(n => (long)n)));
    }

    private static int NewTokens(Recipe recipe, ModelArchitecture architecture) => PromptOptions.Of(recipe, architecture.MaxPositions).MaxNewTokens;
}
