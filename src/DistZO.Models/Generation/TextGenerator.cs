using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// Continues prompts with the weights at one step, seen through one probe. Prompts are read in one pass, then each pass adds a token to
/// every text that goes on. A text depends on its prompt, its seed and the weights alone, never on the others. Not thread-safe.
/// </summary>
/// <param name="model">The weights; folded up to the step of each call.</param>
/// <param name="tokenizer">Turns tokens into text.</param>
/// <param name="options">How.</param>
public sealed class TextGenerator(Model model, Tokenizer tokenizer, GenerationOptions options)
{
    /// <summary>Logits that are on the host at one time.</summary>
    private const int LogitsPerRead = 1 << 24;

    private readonly TokenSampler _sampler = new(options);
    private int _rows;

    /// <summary>Generates.</summary>
    /// <param name="prompts">Token ids; at least one each, and fewer than the model has positions.</param>
    /// <param name="seeds">One a prompt: what its tokens are drawn by. Unused by greedy generation.</param>
    /// <param name="probe">How the weights are seen.</param>
    /// <param name="updates">The committed updates.</param>
    /// <param name="step">Every weight is seen at exactly this step.</param>
    /// <param name="beforeBlock">As <see cref="Pass.BeforeBlock"/>; may be null.</param>
    /// <returns>One a prompt, in order.</returns>
    /// <exception cref="BadInputException">A prompt is empty or too long for the model.</exception>
    public GeneratedText[] Generate(
        IReadOnlyList<int[]> prompts, ReadOnlySpan<ulong> seeds, Probe probe, UpdateHistory updates, int step, Action? beforeBlock = null)
    {
        if (model.Architecture.MaskToken is not null)
            throw new BadInputException($"'{model.Architecture.Family}' is a masked language model, which fills gaps and continues no text; use a causal one");
        var texts = new GeneratingText[prompts.Count];
        var row = 0;
        for (var i = 0; i < texts.Length; i++)
        {
            var room = model.Architecture.MaxPositions - prompts[i].Length;
            if (prompts[i].Length == 0) throw new BadInputException("an empty prompt cannot be continued: this tokenizer puts no token in front of it");
            if (room < 1)
                throw new BadInputException($"a prompt of {prompts[i].Length} tokens leaves no room for more: the model holds {model.Architecture.MaxPositions}; shorten it");
            texts[i] = new GeneratingText(prompts[i], seeds.IsEmpty ? 0 : seeds[i], row, Math.Min(room, options.MaxNewTokens));
            row += model.Architecture.VirtualTokens + prompts[i].Length + texts[i].Most;
        }

        _rows = row;
        using var cache = new KeyValueCache(model.Device);
        var going = texts.Where(text => text.Most > 0).ToList();
        while (going.Count > 0)
        {
            Advance(going, cache, probe, updates, step, beforeBlock);
            going.RemoveAll(text => text.Reason is not null);
        }

        return [.. texts.Select(text => text.Finish(tokenizer))];
    }

    /// <summary>Texts whose next logits are on the host at one time.</summary>
    internal static int RowsPerRead(Model model) => Math.Max(1, LogitsPerRead / model.Architecture.VocabularySize);

    /// <summary>Reads what each text has that the cache lacks, and adds a token to each.</summary>
    private void Advance(List<GeneratingText> texts, KeyValueCache cache, Probe probe, UpdateHistory updates, int step, Action? beforeBlock)
    {
        var tokens = new List<int>();
        var sequences = new TokenSequence[texts.Count];
        var last = new int[texts.Count];
        for (var i = 0; i < texts.Count; i++)
        {
            var text = texts[i];
            var unread = text.TakeUnread(out var read);
            read += model.Architecture.VirtualTokens;
            sequences[i] = new TokenSequence(tokens.Count, unread.Length, text.CacheStart, read) { KeyStart = text.CacheStart + read };
            tokens.AddRange(unread);
            last[i] = tokens.Count - 1;
        }

        var pass = new Pass
        {
            Tokens = tokens.ToArray(),
            Sequences = sequences,
            Probes = [probe],
            Updates = updates,
            Step = step,
            IsRounded = probe.Perturbed,
            BeforeBlock = beforeBlock,
        };
        var vocabulary = model.Architecture.VocabularySize;
        model.NextLogits(pass, last, cache, _rows, RowsPerRead(model), (first, logits) =>
        {
            for (var at = 0; at < logits.Length; at += vocabulary) Choose(texts[first + (at / vocabulary)], logits.Slice(at, vocabulary));
        });
    }

    private void Choose(GeneratingText text, ReadOnlySpan<float> logits)
    {
        var token = _sampler.Choose(logits, text.Seed, text.Count);
        if (token < 0) text.Reason = FinishReason.NotFinite;
        else text.Add(token, options, tokenizer);
    }
}
