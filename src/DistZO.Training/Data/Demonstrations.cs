using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>
/// Solved training rows in front of every prompt: in-context learning, the baseline that MeZO compares with. As in its code, one set of
/// rows serves all prompts, each is prompt and right answer without the white space around them, and an empty line stands between two.
/// The set is the first different ones in the order of the training rows in epoch 2³² − 1, which no run reaches (philox-v1, "Data
/// order", under the run's seed); a row whose own text is in it gets the next one instead, so that no prompt holds its answer.
/// </summary>
public sealed class Demonstrations
{
    private const string Separator = "\n\n";

    /// <summary>One more than stand before a prompt, as long as the training rows suffice.</summary>
    private readonly string[] _texts;

    private readonly int _count;

    private Demonstrations(string[] texts, int count) => (_texts, _count) = (texts, count);

    /// <summary>What a recipe asks for; null if nothing.</summary>
    /// <param name="recipe">Its num_demos and seed.</param>
    /// <param name="options">What rows are.</param>
    /// <param name="trainFile">The training rows; null if there are none.</param>
    /// <exception cref="BadInputException">There are too few training rows, or they have no prompts.</exception>
    public static Demonstrations? Of(Recipe recipe, PromptOptions options, string? trainFile)
    {
        if (recipe.Get(RecipeKeys.NumDemos) is not { } count) return null;
        if (trainFile is null)
        {
            throw new BadInputException(
                "num_demos: there are no training rows to demonstrate with; give the measured rows with --eval-data and those to demonstrate with --data, "
                + "a folder that holds both with --data, or train_file in the recipe");
        }
        return Read(trainFile, options, recipe.Get(RecipeKeys.Seed), count);
    }

    /// <summary>Draws <paramref name="count"/> demonstrations from a file of training rows.</summary>
    internal static Demonstrations Read(string trainFile, PromptOptions options, ulong seed, int count)
    {
        var renderer = new RowRenderer(options);
        var texts = new List<string>();
        RowShape? shape = null;
        foreach (var row in JsonlFile.Read(trainFile))
        {
            shape ??= RowShapes.Of(options, row);
            texts.AddRange(renderer.Render(row, shape.Value).Select(rendered => TextOf(row, rendered)));
        }
        string[] drawn = [.. DataOrder.Permutation(seed, texts.Count, uint.MaxValue).Select(i => texts[i]).Distinct().Take(count + 1)];
        if (drawn.Length > count) return new Demonstrations(drawn, count);
        throw new BadInputException(
            $"num_demos: {count} demonstrations beside the row itself need {count + 1} different training rows, and {trainFile} has " +
            $"{drawn.Length}; lower num_demos");
    }

    /// <summary>A row's prompt with the demonstrations before it.</summary>
    internal string Before(JsonlRow row, in RenderedRow rendered)
    {
        string own = TextOf(row, rendered);
        return string.Join(Separator, _texts.Where(text => text != own).Take(_count).Append(rendered.Prompt));
    }

    private static string TextOf(JsonlRow row, in RenderedRow rendered) => rendered.Prompt is { } prompt
        ? (prompt + rendered.Answer).Trim()
        : throw row.Error("num_demos demonstrates prompts with their answers, and a row of text has none; leave num_demos away");
}
