namespace DistZO.Training;

/// <summary>What examples need of a tokenizer.</summary>
public interface ITextEncoder
{
    /// <summary>Token ids of a text, with or without the tokens that the tokenizer puts around every text.</summary>
    int[] Encode(string text, bool addSpecialTokens);
}
