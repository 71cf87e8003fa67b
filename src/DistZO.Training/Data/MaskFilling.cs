using DistZO.Devices;
using DistZO.Models;

namespace DistZO.Training;

/// <summary>
/// How rows become token ids for a masked language model, as MeZO's tasks for RoBERTa do: the prompt holds the mask token once, and each
/// answer is one token that may stand in its place. The tokenizer's special tokens stand around the prompt, which sees itself whole.
/// </summary>
/// <param name="encoder">The model's tokenizer.</param>
/// <param name="text">The mask token as a prompt writes it.</param>
/// <param name="id">Its id.</param>
public sealed class MaskFilling(ITextEncoder encoder, string text, int id)
{
    /// <summary>That of a model's tokenizer; null for a causal model.</summary>
    /// <exception cref="BadInputException">The tokenizer has no mask token.</exception>
    public static MaskFilling? Of(ModelArchitecture architecture, Tokenizer tokenizer, string directory)
    {
        if (architecture.MaskToken is not { } mask) return null;
        var id = tokenizer.TokenId(mask) ?? throw new BadInputException(
            $"'{directory}': its tokenizer has no token {mask}, which a masked language model fills in; take the model's own tokenizer.json");
        return new MaskFilling(new TokenizerTextEncoder(tokenizer), mask, id);
    }

    /// <summary>One row. A prompt that is too long loses its oldest tokens, but never the mask.</summary>
    /// <param name="row">Named in errors.</param>
    /// <param name="prompt">Holds the mask.</param>
    /// <param name="answers">What may stand there.</param>
    /// <param name="label">Index of the right one.</param>
    /// <param name="maxLength">Most tokens, special ones included.</param>
    /// <param name="nameOf">What errors call an answer.</param>
    internal EncodedExample Encode(JsonlRow row, string prompt, IReadOnlyList<string> answers, int label, int maxLength, Func<int, string> nameOf)
    {
        int[] body = encoder.Encode(prompt, false);
        int[] whole = encoder.Encode(prompt, true);
        int leading = whole.AsSpan().IndexOf(body);
        var found = body.AsSpan().Count(id);
        if (leading < 0 || found != 1)
            throw row.Error($"the prompt holds {found} mask tokens, and a masked language model wants one; write {text} once, where the answer belongs");
        int trailing = whole.Length - leading - body.Length;
        int cut = Math.Max(0, whole.Length - maxLength);
        int at = body.AsSpan().IndexOf(id) - cut;
        if (at < 0)
            throw row.Error($"max_length {maxLength} cuts the start of the prompt off, and {text} with it; raise it, or put {text} near the end");
        int[] ids = [.. whole[..leading], .. body[cut..], .. whole[^trailing..]];
        return new EncodedExample(ids, [.. answers.Select((answer, i) => Option(row, answer, nameOf(i)))], label, row.Line) { MaskAt = leading + at };
    }

    private EncodedOption Option(JsonlRow row, string answer, string name)
    {
        int[] ids = encoder.Encode(answer, false);
        if (ids.Length == 1) return new EncodedOption(ids, 0);
        throw row.Error(
            $"{name} (\"{answer}\") is {ids.Length} tokens, and a masked language model fills {text} with one; take a shorter word, mostly with a space in front");
    }
}
