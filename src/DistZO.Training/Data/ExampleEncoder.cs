using DistZO.Devices;
using DistZO.Models.Chat;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>
/// Turns rows into token ids as MeZO does: a choice's tokens are those of prompt + choice after as many as the prompt alone has. What
/// the model sees is always the encoding of the whole text. The tokenizer's leading special tokens (OPT's <c>&lt;/s&gt;</c>) stand
/// first and survive truncation; trailing ones would separate a prompt from its answer and are not used. No end-of-text token is
/// added to an answer. A conversation has the special tokens that the model's chat template writes, and no others.
/// </summary>
public sealed class ExampleEncoder
{
    private readonly ITextEncoder _encoder;
    private readonly PromptOptions _options;
    private readonly RowRenderer _renderer;
    private readonly Demonstrations? _demonstrations;
    private readonly int[] _leading;

    /// <summary>Throws <see cref="BadInputException"/> when the templates contradict each other or cannot be parsed.</summary>
    /// <param name="encoder">The model's tokenizer.</param>
    /// <param name="options">What rows are.</param>
    /// <param name="demonstrations">What stands before every prompt; null for nothing.</param>
    /// <param name="chat">The model's chat template, which only rows of messages need; null where there is no model.</param>
    public ExampleEncoder(ITextEncoder encoder, PromptOptions options, Demonstrations? demonstrations = null, Lazy<ChatTemplate>? chat = null)
    {
        _encoder = encoder;
        _options = options;
        _demonstrations = demonstrations;
        _renderer = new RowRenderer(options, chat);
        _leading = LeadingTokens(encoder);
    }

    /// <summary>What was given for rows to become examples.</summary>
    public PromptOptions Options => _options;

    /// <summary>How a masked language model's rows are encoded; null for a causal one, whose answers follow their prompts.</summary>
    public MaskFilling? Mask { get; init; }

    /// <summary>
    /// One row as token ids, at most <see cref="PromptOptions.MaxLength"/> of them with the longest option. Too long a prompt loses
    /// its oldest tokens, an answer none; too long a text loses its end. Throws <see cref="BadInputException"/> naming file and line.
    /// </summary>
    /// <param name="row">The row.</param>
    /// <param name="shape">What the rows of its file are.</param>
    /// <param name="use">Whether it is learned or held out, which some tasks tell apart.</param>
    /// <returns>Its examples: one, but for tasks whose files nest several in a line.</returns>
    public IEnumerable<EncodedExample> Encode(JsonlRow row, RowShape shape, RowUse use)
    {
        foreach (var rendered in _renderer.Render(row, shape))
        {
            var text = use == RowUse.Training && _options.LearnsAnswers ? rendered.OnlyRight : rendered;
            string? prompt = _demonstrations is null ? text.Prompt : _demonstrations.Before(row, text);
            bool isChoice = _options.Labels.Count > 0 && (use == RowUse.Evaluation || !_options.LearnsAnswers);
            // A line of a published file may hold thousands of held-out examples: each keeps the whole of it only where a program reads it.
            var keepsRow = use == RowUse.Training || _options.Objective is { Kind: ObjectiveKind.Command };
            var scored = _options.WritesAnswers(use) ? SampleText.Of(row, prompt, rendered, keepsRow) : null;
            yield return prompt is null ? EncodeText(row, text.Answers[0]) : EncodeAnswers(row, prompt, text, isChoice, scored);
        }
    }

    private EncodedExample EncodeText(JsonlRow row, string text)
    {
        if (Mask is not null) throw row.Error("a masked language model learns what stands at its mask, not texts; set \"prompt\" and \"choices\"");
        int[] ids = EncodeWhole(_leading, text);
        int given = Math.Max(1, _leading.Length);
        if (ids.Length <= given) throw row.Error("the text has no token to learn; remove the row, or give it more text");
        if (_options.MaxLength <= given) throw row.Error($"max_length {_options.MaxLength} leaves no room for the text");
        ids = ids[..Math.Min(ids.Length, _options.MaxLength)];
        return new EncodedExample(ids[..given], [new EncodedOption(ids[given..], 0)], 0, row.Line);
    }

    private EncodedExample EncodeAnswers(JsonlRow row, string prompt, in RenderedRow text, bool isChoice, SampleText? scored)
    {
        if (Mask is not null && scored is not null)
            throw new BadInputException("a masked language model writes no text to score; use a causal one, or rows with choices and the objective choice or accuracy");
        if (Mask is not null) return Mask.Encode(row, prompt, text.Answers, text.Label, _options.MaxLength, AnswerName);
        int[] leading = text.HoldsSpecialTokens ? [] : _leading;
        int promptLength = EncodeWhole(leading, prompt).Length;
        int[][] whole = [.. text.Answers.Select(answer => EncodeWhole(leading, prompt + answer))];
        for (int i = 0; i < whole.Length; i++)
        {
            if (whole[i].Length > promptLength) continue;
            throw row.Error($"{AnswerName(i)} becomes no token of its own after the prompt; {Remedy(text.Answers[i])}");
        }
        int shared = SharedLength(whole, promptLength);
        if (shared == 0)
        {
            throw row.Error("no token comes before the answer, and a first token cannot be predicted; " +
                            "give the prompt some text that the answer does not merge with");
        }
        EncodedOption[] options = [.. whole.Select(ids => new EncodedOption(ids[shared..], promptLength - shared))];
        return new EncodedExample(Truncate(row, whole[0].AsSpan(0, shared), options, scored is null ? 0 : _options.MaxNewTokens), options, text.Label, row.Line)
        {
            AlsoRight = text.AlsoRight ?? [],
            IsChoice = isChoice,
            Text = scored,
        };
    }

    /// <summary>Keeps the leading special tokens and the newest of the others; <paramref name="newTokens"/> are to be written after it.</summary>
    private int[] Truncate(JsonlRow row, ReadOnlySpan<int> prompt, EncodedOption[] options, int newTokens)
    {
        int answer = options.Max(option => option.Tokens.Length);
        int longest = Math.Max(answer, newTokens);
        int room = _options.MaxLength - longest;
        if (prompt.Length <= room) return prompt.ToArray();
        int leading = prompt.CommonPrefixLength(_leading);
        if (room < Math.Max(1, leading))
        {
            if (newTokens > answer)
            {
                throw row.Error($"max_new_tokens {newTokens} leaves no room for a prompt within max_length {_options.MaxLength}; " +
                                "lower max_new_tokens, or raise max_length");
            }
            throw row.Error($"the answer alone takes {longest} tokens, which leaves no room for a prompt within " +
                            $"max_length {_options.MaxLength}; raise it, or shorten the answer");
        }
        return [.. prompt[..leading], .. prompt[(prompt.Length - (room - leading))..]];
    }

    private int[] EncodeWhole(int[] leading, string text) => [.. leading, .. _encoder.Encode(text, false)];

    private string AnswerName(int index) =>
        _options.Choices.Count > 0 ? $"the choice \"{_options.Choices[index].Label}\""
        : _options.Task is null ? "the completion"
        : $"answer {index + 1}";

    private static string Remedy(string answer) => answer.Length == 0
        ? "it is empty"
        : $"let it begin with a space (it is \"{answer}\")";

    private static int SharedLength(int[][] whole, int promptLength)
    {
        int shared = promptLength;
        foreach (int[] ids in whole) shared = Math.Min(shared, whole[0].AsSpan(0, shared).CommonPrefixLength(ids));
        return shared;
    }

    /// <summary>The special tokens before a text: those of an encoding with special tokens before the same without.</summary>
    private static int[] LeadingTokens(ITextEncoder encoder)
    {
        int[] plain = encoder.Encode("a", false);
        int[] special = encoder.Encode("a", true);
        int at = special.AsSpan().IndexOf(plain);
        return at <= 0 ? [] : special[..at];
    }
}
