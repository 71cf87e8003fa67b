using DistZO.Models;

namespace DistZO.Training;

/// <summary>A model's tokenizer as the encoder of examples.</summary>
public sealed class TokenizerTextEncoder(Tokenizer tokenizer) : ITextEncoder
{
    /// <inheritdoc/>
    public int[] Encode(string text, bool addSpecialTokens) => tokenizer.Encode(text, addSpecialTokens);
}
