using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>What the model wrote to a row, and how that was scored.</summary>
/// <param name="Text">What was written; null where the weights gave no finite logits.</param>
/// <param name="Scores">One for each scorer; empty without a text.</param>
public sealed record ScoredAnswer(string? Text, IReadOnlyList<double> Scores);

/// <summary>
/// Has the model write answers and scores them: the one way for a run's objective and for its evaluations, which share a scoring program.
/// </summary>
/// <param name="generator">Writes the answers.</param>
/// <param name="scorers">At least one; owned.</param>
public sealed class TextScoring(ITextGenerator generator, IReadOnlyList<ITextScorer> scorers) : IDisposable
{
    public ITextGenerator Generator => generator;

    /// <summary>Of the scorers.</summary>
    public IReadOnlyList<string> Names { get; } = [.. scorers.Select(scorer => scorer.Name)];

    /// <summary>What a recipe asks for; null where no answers are written. The caller owns it.</summary>
    /// <param name="recipe">Its task, objective, max_new_tokens, seed and scorer_timeout.</param>
    /// <param name="model">The weights; folded up to the step of each use.</param>
    /// <param name="checkpoint">The base, for its tokenizer and the tokens that end a text.</param>
    /// <param name="updates">The committed updates.</param>
    /// <param name="allowsCommand">As in <see cref="TextScorers.Require"/>.</param>
    /// <param name="beforeBlock">As <see cref="Pass.BeforeBlock"/>; may be null.</param>
    /// <param name="whileWaiting">As in <see cref="CommandScorer"/>; may be null.</param>
    public static TextScoring? Create(
        Recipe recipe,
        Model model,
        Checkpoint checkpoint,
        UpdateHistory updates,
        bool allowsCommand,
        Action? beforeBlock = null,
        Action? whileWaiting = null)
    {
        if (recipe.AnswerMetrics.Count == 0) return null;
        var newTokens = PromptOptions.Of(recipe, model.Architecture.MaxPositions).MaxNewTokens;
        var scorers = TextScorers.Create(recipe, allowsCommand, whileWaiting);
        try
        {
            return new TextScoring(new ModelTextGenerator(model, checkpoint, updates, newTokens, scorers[0].StopAt, beforeBlock), scorers);
        }
        catch
        {
            foreach (var scorer in scorers) scorer.Dispose();
            throw;
        }
    }

    /// <summary>The scorer of an objective that scores text.</summary>
    public ITextScorer ScorerOf(RecipeObjective objective) =>
        objective.Kind == ObjectiveKind.Command ? scorers[0] : scorers.First(scorer => scorer.Name == objective.Word);

    /// <summary>Writes answers to rows with the weights at <paramref name="step"/> as they are, and scores them.</summary>
    public ScoredAnswer[] Evaluate(int step, ReadOnlySpan<EncodedExample> samples)
    {
        var texts = new string?[samples.Length];
        generator.Generate(step, Probe.Plain, samples, texts);
        var answers = new List<WrittenAnswer>();
        for (int i = 0; i < texts.Length; i++)
        {
            if (texts[i] is { } text) answers.Add(new WrittenAnswer(samples[i], text));
        }

        var scores = new double[scorers.Count][];
        for (int s = 0; s < scores.Length; s++) scorers[s].Score(step, answers, scores[s] = new double[answers.Count]);
        int scored = 0;
        return [.. texts.Select(text => new ScoredAnswer(text, text is null ? [] : Column(scored++)))];

        double[] Column(int answer) => [.. scores.Select(row => row[answer])];
    }

    /// <summary>What answers came to together.</summary>
    public AnswerTotals Total(IEnumerable<ScoredAnswer> answers)
    {
        var sums = new Int128[scorers.Count];
        int unwritten = 0;
        foreach (var answer in answers)
        {
            if (answer.Text is null) unwritten++;
            for (int s = 0; s < answer.Scores.Count; s++)
            {
                if (!FixedPoint.TryRound(answer.Scores[s], out long value)) throw new InvalidOperationException($"a score of {answer.Scores[s]}");
                sums[s] += value;
            }
        }

        return new AnswerTotals(Names, sums, unwritten);
    }

    public void Dispose()
    {
        foreach (var scorer in scorers) scorer.Dispose();
    }
}
