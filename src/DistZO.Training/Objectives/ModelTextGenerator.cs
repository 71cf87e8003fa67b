using DistZO.Devices;
using DistZO.Models;

namespace DistZO.Training;

/// <summary>Greedy continuations of a run's model.</summary>
public sealed class ModelTextGenerator : ITextGenerator
{
    /// <summary>Tokens whose keys and values are held at one time; more samples are written one part after the other.</summary>
    internal const int MaxTokensPerPart = 1 << 14;

    private readonly Model _model;
    private readonly TextGenerator _generator;
    private readonly UpdateHistory _updates;
    private readonly Action? _beforeBlock;
    private readonly int _newTokens;

    /// <param name="model">The weights; folded up to the step of each call.</param>
    /// <param name="checkpoint">The base, for its tokenizer and the tokens that end a text.</param>
    /// <param name="updates">The committed updates.</param>
    /// <param name="newTokens">Most tokens that are written.</param>
    /// <param name="stopAt">A text at which writing ends, without it; null for none.</param>
    /// <param name="beforeBlock">As <see cref="Pass.BeforeBlock"/>; may be null.</param>
    public ModelTextGenerator(Model model, Checkpoint checkpoint, UpdateHistory updates, int newTokens, string? stopAt, Action? beforeBlock)
    {
        (_model, _updates, _newTokens, _beforeBlock) = (model, updates, newTokens, beforeBlock);
        _generator = new TextGenerator(model, Tokenizer.Load(checkpoint.Directory), new GenerationOptions
        {
            MaxNewTokens = newTokens,
            Stop = stopAt is null ? [] : [stopAt],
            EndTokens = [.. EndTokens.Of(checkpoint)],
        });
    }

    public int TokensHeld(EncodedExample sample) => _model.Architecture.VirtualTokens + sample.Prompt.Length + _newTokens;

    public void Generate(int step, Probe probe, ReadOnlySpan<EncodedExample> samples, Span<string?> texts)
    {
        var prompts = new List<int[]>();
        for (int done = 0; done < samples.Length; done += prompts.Count)
        {
            prompts.Clear();
            for (int i = done, tokens = 0; i < samples.Length && (prompts.Count == 0 || tokens + TokensHeld(samples[i]) <= MaxTokensPerPart); i++)
            {
                tokens += TokensHeld(samples[i]);
                prompts.Add(samples[i].Prompt);
            }
            var written = _generator.Generate(prompts, [], probe, _updates, step, _beforeBlock);
            for (int i = 0; i < written.Length; i++) texts[done + i] = written[i].Reason == FinishReason.NotFinite ? null : written[i].Text;
        }
    }
}
