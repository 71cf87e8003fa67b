using DistZO.Devices;

namespace DistZO.Training;

/// <summary>Writes what a model says after prompts, as a perturbed forward evaluation has it.</summary>
public interface ITextGenerator
{
    /// <summary>Tokens whose keys and values are held while an answer to a sample is written.</summary>
    int TokensHeld(EncodedExample sample);

    /// <summary>
    /// Writes on after each sample's <see cref="EncodedExample.Prompt"/>, greedily, with the weights at <paramref name="step"/> as
    /// <paramref name="probe"/> sees them. What is written for a sample is a function of (weights, probe, sample) alone, whatever is
    /// written beside it.
    /// </summary>
    /// <param name="step">t; the weights are folded to it.</param>
    /// <param name="probe">The direction and its scale.</param>
    /// <param name="samples">Rows whose prompts are continued.</param>
    /// <param name="texts">Receives what was written, decoded, without the end of text; null where the weights gave no finite logits.</param>
    void Generate(int step, Probe probe, ReadOnlySpan<EncodedExample> samples, Span<string?> texts);
}
